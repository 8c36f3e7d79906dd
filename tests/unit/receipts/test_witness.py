"""A witness cosigns what grew from what it saw and nothing else, whoever asks, whatever fails."""

from pathlib import Path

import httpx
import hypothesis.strategies as st
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from tests.support.receipts import SIGNER, a_log, file_of
from tests.support.witnesses import running_witness

from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.command import main
from lethe.receipts.cosignatures import Cosigner, cosignatures
from lethe.receipts.errors import BadInput
from lethe.receipts.hashing import EMPTY_ROOT, leaf_hash, tree_root
from lethe.receipts.notes import Note, NoteSigner
from lethe.receipts.proofs import consistency_proof
from lethe.receipts.submissions import MOST_BYTES, Submission
from lethe.receipts.witness import Answer, Witness
from lethe.receipts.witness_folder import WitnessFolder

ORIGIN = "lethe-receipts/test/purge-1/t1"
_COSIGNER = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
_STRANGER = NoteSigner("lethe-receipts/test", Ed25519PrivateKey.from_private_bytes(bytes(32)))
_KEY = str(SIGNER.verifier)
_NOW_S = 1_700_000_000


class Kept:
    """Remembers, and can be full."""

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}
        self.is_full = False

    def load(self) -> list[str]:
        return list(self.notes.values())

    def save(self, origin: str, note: str) -> None:
        if self.is_full:
            raise OSError("no space left")
        self.notes[origin] = note


def a_witness(kept: Kept) -> Witness:
    return Witness(_COSIGNER, [SIGNER.verifier], kept, lambda: _NOW_S)


def leaves_of(branch: int, size: int, fork_at: int = 3) -> list[bytes]:
    """Return the leaves of one of two logs that have the first ones in common."""
    return [f"{n if n < fork_at else (branch, n)}".encode() for n in range(size)]


def submission(
    size: int, old_size: int, *, branch: int = 0, origin: str = ORIGIN, by: NoteSigner = SIGNER
) -> Submission:
    """Return what an honest log of this branch would send."""
    leaves = leaves_of(branch, size)
    hashes = [leaf_hash(leaf) for leaf in leaves]
    proof = consistency_proof(hashes, old_size) if old_size <= size else []
    note = Checkpoint(origin, size, tree_root(leaves)).sign(by)
    return Submission(old_size, tuple(proof), note)


def cosigned(answer: Answer, sent: Submission) -> bool:
    """Tell whether an answer is a cosignature that holds."""
    if answer.status != 200:
        return False
    note = Note.parse(f"{sent.note}{answer.body}")
    return len(cosignatures(note, (_COSIGNER.verifier,))) == 1


def test_a_log_that_grows_is_cosigned_at_every_step() -> None:
    witness, before = a_witness(Kept()), 0
    for size in (1, 2, 3, 7, 8, 8, 100):
        sent = submission(size, before)
        assert cosigned(witness.add_checkpoint(sent.body()), sent)
        before = size


def test_a_size_that_it_does_not_know_is_told_the_one_that_it_does() -> None:
    witness = a_witness(Kept())
    witness.add_checkpoint(submission(7, 0).body())
    for old_size in (0, 6, 8):
        answer = witness.add_checkpoint(submission(9, old_size).body())
        assert (answer.status, answer.body, answer.content_type) == (409, "7\n", "text/x.tlog.size")


def test_another_log_of_the_same_size_is_a_conflict() -> None:
    witness = a_witness(Kept())
    witness.add_checkpoint(submission(7, 0).body())
    answer = witness.add_checkpoint(submission(7, 7, branch=1).body())
    assert (answer.status, answer.body) == (409, "7\n")


def test_a_fork_or_a_forged_proof_is_unprocessable() -> None:
    witness = a_witness(Kept())
    witness.add_checkpoint(submission(7, 0).body())
    good = submission(9, 7)
    forged = [
        submission(9, 7, branch=1),
        Submission(7, good.proof[:-1], good.note),
        Submission(7, (*good.proof, bytes(32)), good.note),
        Submission(7, good.proof[::-1], good.note),
    ]
    assert {witness.add_checkpoint(each.body()).status.value for each in forged} == {422}
    assert cosigned(witness.add_checkpoint(good.body()), good)


def test_an_empty_log_with_a_root_is_unprocessable() -> None:
    note = Checkpoint(ORIGIN, 0, bytes(32)).sign(SIGNER)
    answer = a_witness(Kept()).add_checkpoint(Submission(0, (), note).body())
    assert answer.status in (409, 422)
    empty = Submission(0, (), Checkpoint(ORIGIN, 0, EMPTY_ROOT).sign(SIGNER))
    assert cosigned(a_witness(Kept()).add_checkpoint(empty.body()), empty)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (submission(5, 0, origin="lethe-receipts/other/purge-1/t1").body(), 404),
        (submission(5, 0, origin="lethe-receipts/test").body(), 404),
        (submission(5, 0, by=_STRANGER).body(), 403),
        (submission(5, 6).body(), 400),
        (b"", 400),
        (b"\xff\xfe", 400),
        (submission(5, 0).body().replace(b"old 0", b"old 00"), 400),
        (submission(5, 0).body().replace(b"old 0", b"new 0"), 400),
        (submission(5, 0).body().replace(b"old 0", b"old -1"), 400),
        (submission(5, 0).body().replace(b"old 0\n", b"old 0\n" + b"AAAA\n" * 64), 400),
        (submission(5, 0).body().replace(b"old 0\n", b"old 0\nno base64\n"), 400),
        (submission(5, 0).body().replace(b"\n5\n", b"\nfive\n"), 400),
    ],
)
def test_what_it_can_not_use_changes_nothing(sent: bytes, status: int) -> None:
    kept = Kept()
    assert a_witness(kept).add_checkpoint(sent).status == status
    assert kept.notes == {}


def test_what_can_not_be_kept_is_not_cosigned() -> None:
    kept = Kept()
    witness = a_witness(kept)
    kept.is_full = True
    assert witness.add_checkpoint(submission(5, 0).body()).status == 500
    kept.is_full = False
    other = submission(5, 0, branch=1)
    assert cosigned(witness.add_checkpoint(other.body()), other)


@settings(max_examples=200, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 12), st.integers(0, 12), st.booleans()),
        max_size=12,
    )
)
def test_whatever_is_sent_all_that_it_ever_cosigned_is_one_log_that_grew(
    steps: list[tuple[int, int, int, bool]],
) -> None:
    kept = Kept()
    witness = a_witness(kept)
    seen: list[tuple[int, int]] = []
    for branch, size, old_size, starts_again in steps:
        if starts_again:
            witness = a_witness(kept)
        sent = submission(size, min(old_size, size), branch=branch)
        if cosigned(witness.add_checkpoint(sent.body()), sent):
            seen.append((branch, size))
    sizes = [size for _, size in seen]
    assert sizes == sorted(sizes)
    assert len({branch for branch, size in seen if size > 3}) <= 1


def test_a_submission_reads_back_as_it_was() -> None:
    sent = submission(100, 37)
    assert Submission.parse(sent.body()) == sent


def test_a_folder_keeps_key_and_checkpoints_over_a_start(tmp_path: Path) -> None:
    first = WitnessFolder(tmp_path / "w")
    cosigner = first.cosigner("w")
    with pytest.raises(BadInput, match="another witness runs on it"):
        WitnessFolder(tmp_path / "w")
    first.save("a", "one")
    first.save("b", "two")
    first.save("a", "three")
    first.close()
    again = WitnessFolder(tmp_path / "w")
    assert again.cosigner("w").verifier == cosigner.verifier
    assert sorted(again.load()) == ["three", "two"]
    assert (tmp_path / "w" / "witness.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "w" / "witness.vkey").read_text() == f"{cosigner.verifier}\n"
    again.close()


# --- as a process -------------------------------------------------------------------------------


def ask(url: str, body: bytes | None = None) -> tuple[int, str, str]:
    """Return status, body and type of an answer."""
    answer = httpx.get(url) if body is None else httpx.post(url, content=body)
    return answer.status_code, answer.text, answer.headers["Content-Type"]


def test_a_running_witness_finds_out_a_truncation_also_after_a_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = a_log(3)
    blocks = file_of(log)
    (tmp_path / "whole.txt").write_bytes(b"".join(blocks))
    (tmp_path / "cut.txt").write_bytes(b"".join(blocks[:-3]))
    sent = Submission(0, (), log.last.sign(SIGNER))
    with running_witness(tmp_path / "w", _KEY) as (address, key):
        status, line, _ = ask(f"{address}/add-checkpoint", sent.body())
        assert status == 200
        assert cosignatures(Note.parse(f"{sent.note}{line}"), (key,))
    with running_witness(tmp_path / "w", _KEY) as (address, again):
        assert again == key
        size = f"{log.last.size}\n"
        assert ask(f"{address}/add-checkpoint", sent.body()) == (409, size, "text/x.tlog.size")
        assert ask(f"{address}/add-checkpoint", b"x")[0] == 400
        assert ask(f"{address}/add-checkpoint", bytes(MOST_BYTES + 1))[0] == 413
        assert ask(f"{address}/elsewhere", b"x")[0] == ask(f"{address}/elsewhere")[0] == 404
        witnessed = ["--key", str(SIGNER.verifier), "--witness-key", str(key)]
        witnessed += ["--witness-checkpoint", f"{address}/checkpoints"]
        assert main(["verify", str(tmp_path / "whole.txt"), *witnessed]) == 0
        assert main(["verify", str(tmp_path / "cut.txt"), *witnessed]) == 1
    assert "it is missing; a witness saw 10 entries" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"--name": "two words"}, "no spaces"),
        ({"--listen": "8090"}, "no HOST:PORT"),
        ({"--listen": "127.0.0.1:99999"}, "no port"),
        ({"--log-key": "nothing"}, "no verifier key"),
        ({"--log-key": str(_COSIGNER.verifier)}, "no key of a log"),
        ({"--data": "/proc/nowhere"}, "/proc/nowhere"),
    ],
)
def test_what_is_wrong_with_a_witness_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, str], told: str
) -> None:
    options = {"--data": str(tmp_path), "--name": "w", "--log-key": str(SIGNER.verifier)}
    words = [word for pair in (options | changed).items() for word in pair]
    assert main(["witness", *words]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
