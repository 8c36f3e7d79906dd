"""Keys, checkpoints, witnesses, and lines that don't belong."""

from dataclasses import replace
from itertools import repeat

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.receipts import (
    ORDER,
    SIGNER,
    Log,
    a_log,
    file_of,
    successor,
    verify,
)

from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.cosignatures import Cosigner
from lethe.receipts.errors import BadInput, Refuted
from lethe.receipts.exports import HEADER, checkpoint_block, entry_line
from lethe.receipts.hashing import tree_root
from lethe.receipts.notes import NoteSigner
from lethe.receipts.origins import fingerprint
from lethe.receipts.telling import verdict_lines
from lethe.receipts.verifying import Verifier

WITNESS = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def test_a_key_beside_the_log_is_not_trusted_unless_asked_for() -> None:
    other = NoteSigner("lethe-receipts/other", Ed25519PrivateKey.generate())
    log = a_log(signer=other)
    lines = [HEADER, f"key {other.verifier}\n".encode()]
    lines += b"".join(log.lines()).splitlines(keepends=True)
    with pytest.raises(Refuted, match=r"behind entry 2: .*not by the key that was given"):
        verify(lines)
    verdict = Verifier(None).verify(lines)
    assert verdict.trusts_file
    with pytest.raises(BadInput, match="no key in the file"):
        Verifier(None).verify([HEADER, *lines[2:]])


def test_a_checkpoint_of_another_log_or_tree_is_refuted() -> None:
    log = Log().begin()
    for checkpoint, why in (
        (Checkpoint(log.origin + "x", 2, log.tree.root()), "that of another log"),
        (Checkpoint(log.origin, 3, log.tree.root()), "of 3 entries and stands behind 2"),
        (Checkpoint(log.origin, 2, bytes(32)), "entries 1 to 2 aren't those that were signed"),
    ):
        wrong = checkpoint_block(checkpoint.sign(SIGNER))
        with pytest.raises(Refuted, match=f"checkpoint behind entry 2: .*{why}"):
            verify([*file_of(log), wrong])


def test_entries_that_no_checkpoint_covers_are_refuted() -> None:
    log = Log().begin().sign().slot()
    with pytest.raises(Refuted, match="entry 3: no checkpoint covers it"):
        verify(file_of(log))
    with pytest.raises(Refuted, match="t1, entry 3: no checkpoint covers it"):
        verify(file_of(log, a_log(term="t2", instance="purge-2")))


def test_entries_that_nothing_vouches_for_are_not_read_for_ever() -> None:
    log = Log().begin()
    order = entry_line(log.order().line())
    lines = [*file_of(log), *repeat(order, 9_998)]
    with pytest.raises(Refuted, match="entry 10001: no checkpoint covers the 10,000 entries"):
        verify([*lines, order])
    with pytest.raises(Refuted, match="entry 1: no checkpoint covers it"):
        verify(lines)


def test_more_keys_than_anybody_signs_with_are_refused() -> None:
    key = f"key {SIGNER.verifier}\n".encode()
    assert verify([HEADER, *repeat(key, 64), *a_log().lines()]).logs == 1
    with pytest.raises(Refuted, match="more than 64 keys"):
        verify([HEADER, *repeat(key, 65), *a_log().lines()])


# --- witnesses ----------------------------------------------------------------------------------


def test_a_log_that_is_shorter_or_other_than_a_witness_saw_is_refuted() -> None:
    log = Log().begin().sign().slot().sign()
    seen = log.last
    assert verify(file_of(log), witnessed=[seen]).logs == 1
    assert verify(file_of(log.slot().sign()), witnessed=[seen]).logs == 1
    shorter = Log().begin().sign()
    with pytest.raises(Refuted, match="t1, entry 3: it is missing; a witness saw 4 entries"):
        verify(file_of(shorter), witnessed=[seen])
    other = Log().begin().slot(oldest_age_ms=3).sign()
    with pytest.raises(Refuted, match="t1, entry 4: fork: a witness saw other entries"):
        verify(file_of(other), witnessed=[seen])
    with pytest.raises(Refuted, match="t1, entry 1: it is missing"):
        verify(file_of(a_log(term="t2")), witnessed=[seen])
    with pytest.raises(Refuted, match=r"two checkpoints of .* differ"):
        verify(file_of(log), witnessed=[seen, replace(seen, root=bytes(32))])


def test_what_no_witness_saw_is_said_for_each_log() -> None:
    first = a_log()
    second = successor(first, "t2")
    third = successor(second, "t3")
    other = a_log(term="t4", instance="purge-2")
    logs = (first, second, third, other)
    seen = replace(second.last, size=1, root=tree_root([second.blocks[0][:-1]]))
    verdict = verify(file_of(*logs), witnessed=[seen])
    assert verdict.unwitnessed == [
        (third.origin, 0, 6), (second.origin, 1, 6), (other.origin, 0, 10)
    ]  # fmt: skip
    told = list(verdict_lines(verdict, has_witness=True))
    assert f"note: log {second.origin}: no witness saw what follows entry 1 of 6" in told
    verdict = verify(file_of(*logs), witnessed=[third.last, other.last])
    assert verdict.unwitnessed == []


def test_cosignatures_of_known_witnesses_are_checked_and_counted() -> None:
    log = Log().begin()
    note = Checkpoint(log.origin, log.tree.size, log.tree.root()).sign(SIGNER)
    good = [*file_of(log), checkpoint_block(WITNESS.cosign(note, 100))]
    assert verify(good, witnesses=[WITNESS.verifier]).cosignatures == 1
    assert verify(good).cosignatures == 0
    stolen = WITNESS.cosign(replace(note, text=note.text.replace("\n2\n", "\n3\n")), 100)
    wrong = replace(note, signatures=(*note.signatures, stolen.signatures[-1]))
    with pytest.raises(Refuted, match=r"the cosignature of witness\.example/w1 doesn't hold"):
        verify([*file_of(log), checkpoint_block(wrong)], witnesses=[WITNESS.verifier])


# --- what is no file of receipts ----------------------------------------------------------------


@pytest.mark.parametrize(
    "lines", [[], [b"\n"], [b"lethe-receipts v2\n"], [b"\xff\xfe\n"], [HEADER]]
)
def test_what_is_no_file_of_receipts_is_bad_input(lines: list[bytes]) -> None:
    with pytest.raises(BadInput):
        verify(lines)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\n", "belongs nowhere"),
        (b"# remark\n", "belongs nowhere"),
        (b"key nonsense\n", "a key stands behind"),
        (b'{"kind":"face-seen","v":1}\n', "its kind is unknown"),
        (b'{"at', "the line is cut off"),
        (b"{" + b"x" * 70_000 + b"\n", "it is too long"),
        (b"| text\n", "no signed note"),
        (b"checkpoint\n", "the signed checkpoint was altered or cut: no signed note"),
        (b"checkpoint\n|text\n", "a line of a checkpoint isn't one"),
        (b"checkpoint\n| \n", "a line of a checkpoint isn't one"),
        (b"checkpoint\n| \xff\n", "the line is no text"),
    ],
)
def test_a_line_that_does_not_belong_is_refuted(line: bytes, why: str) -> None:
    log = Log().begin().sign()
    with pytest.raises(Refuted, match=f"t1, (entry 3|checkpoint behind entry 2): .*{why}"):
        verify([*file_of(log), line])


def test_entries_before_any_log_are_refuted() -> None:
    entry = ORDER.encode()
    with pytest.raises(Refuted, match="before the first log"):
        verify([HEADER, b'{"a":"' + entry + b'"}\n'])


def _pinning(pinned: str) -> Log:
    log = Log()
    return log.add(log.begun(), log.order(receipts_key=pinned)).slot().sign()


def test_an_order_that_pins_the_key_that_signed_is_told() -> None:
    verdict = verify(file_of(_pinning(fingerprint(SIGNER.verifier.public))))
    lines = list(verdict_lines(verdict, has_witness=True))
    assert any("pinned by 1 of 1 order, as the log says" in line for line in lines)


def test_that_no_order_pins_the_key_is_told() -> None:
    lines = list(verdict_lines(verify(file_of(a_log(1))), has_witness=True))
    assert any("no order pins the key" in line for line in lines)


def test_a_key_that_an_order_does_not_pin_refutes_what_it_signed() -> None:
    with pytest.raises(Refuted, match="pins another key"):
        verify(file_of(_pinning("ab" * 32)))
