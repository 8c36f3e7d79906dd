"""What holds is verified; what doesn't is refuted, with the entry that shows it."""

from dataclasses import replace
from hashlib import sha256
from itertools import repeat
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.receipts import (
    ORDER,
    SIGNER,
    START_MS,
    Log,
    a_log,
    file_of,
    successor,
    verify,
)

from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.cosignatures import Cosigner
from lethe.receipts.entries import Entry, Resumed, Suspended, TermEnded
from lethe.receipts.errors import BadInput, Refuted
from lethe.receipts.exports import HEADER, checkpoint_block, entry_line
from lethe.receipts.hashing import tree_root
from lethe.receipts.notes import NoteSigner
from lethe.receipts.telling import summary_lines, verdict_lines
from lethe.receipts.verifying import Verifier

WITNESS = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def test_a_log_that_ended_in_order_is_good() -> None:
    log = a_log(3)
    verdict = verify(file_of(log))
    assert (verdict.logs, verdict.entries, verdict.checkpoints) == (1, 10, 5)
    assert (verdict.unclosed, verdict.unended, verdict.remarks) == (0, 0, [])
    totals = verdict.totals["d"]
    assert (totals.granted, totals.closed, totals.keys) == (3, 3, 12)
    assert totals.copies == {"acknowledged": 15, "dead": 3, "lapsed": 6, "open": 0}
    assert totals.frames["captured"] == 15
    assert totals.faces == {"seen": 9, "erased": 6, "rescued": 1, "expired": 2}
    assert totals.oldest_age_ms == 412


def test_terms_follow_each_other_and_instances_have_their_own_line() -> None:
    first = a_log()
    second = successor(first, "t2")
    other = a_log(term="t3", instance="purge-2")
    verdict = verify(file_of(first, other, second))
    assert verdict.logs == 3
    assert verdict.remarks == []


def test_a_crashed_term_is_good_and_said() -> None:
    log = Log().begin()
    log.add(log.granted()).sign()
    verdict = verify(file_of(log))
    assert (verdict.unclosed, verdict.unended) == (1, 1)
    assert len(verdict.remarks) == 2


def test_a_slot_may_be_closed_in_the_log_of_the_next_term() -> None:
    crashed = Log().begin()
    granted = crashed.granted()
    crashed.add(granted).sign()
    later = Log(term="t2", instance="purge-2", at_ms=START_MS + 900).begin()
    later.add(replace(crashed.closed(granted), at_ms=later.at_ms), later.minute(1)).sign()
    verdict = verify(file_of(crashed, later))
    assert verdict.unclosed == 0
    assert verdict.totals["d"].closed == 1


def test_a_closing_elsewhere_that_tells_of_some_copies_leaves_the_slot_open() -> None:
    for told, unclosed in ((5, 0), (3, 1)):
        crashed = Log().begin()
        granted = crashed.granted()
        crashed.add(granted).sign()
        later = Log(term="t2", instance="purge-2", at_ms=START_MS + 900).begin()
        closed = replace(crashed.closed(granted), at_ms=later.at_ms, acknowledged=told)
        verdict = verify(file_of(crashed, later.add(closed).sign()))
        assert (verdict.unclosed, verdict.totals["d"].closed) == (unclosed, 1 - unclosed)
    later.add(replace(closed, acknowledged=6)).sign()
    with pytest.raises(Refuted, match="t2, entry 4: 8 copies granted, but 9 told of"):
        verify(file_of(crashed, later))


def test_a_closing_of_a_term_that_is_not_in_the_file_is_checked_and_not_added() -> None:
    log = Log().begin()
    foreign = replace(log.closed(log.granted()), slot="elsewhere-7")
    verdict = verify(file_of(log.add(foreign).sign()))
    assert verdict.totals["d"].closed == 0
    log = Log().begin().add(replace(foreign, captured=9))
    with pytest.raises(Refuted, match="entry 3: 6 frames offered, but 9 captured"):
        verify(file_of(log.sign()))


# --- what an entry says -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"open": 1, "lapsed": 1}, "over budget: nothing is known of 1 copies"),
        ({"oldest_age_ms": 1001}, "over budget: something lived 1001 ms"),
        ({"offered": 7}, "7 frames offered, but 5 captured and 1 dropped"),
        ({"lost": 0}, "5 frames captured, but 4 ended"),
        ({"processed": 4}, "5 frames captured, but 6 ended"),
        ({"acknowledged": 4}, "8 copies granted, but 7 told of"),
        ({"at_ms": START_MS - 1}, "its time goes back"),
        ({"slot": "t1-9"}, "slot t1-9 isn't open"),
        ({"deployment": "e"}, "slot t1-2 isn't open"),
    ],
)
def test_a_closing_that_can_not_be_or_breaks_the_promise_is_refuted(
    changes: dict[str, int | str], why: str
) -> None:
    log = Log().begin().slot().slot(**changes).sign()
    with pytest.raises(Refuted, match=f"entry 6: {why}"):
        verify(file_of(log))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"slot": "t1-3"}, "slot t1-3 comes where t1-2 should"),
        ({"slot": "t1-1"}, "slot t1-1 comes where t1-2 should"),
        ({"slot": "t2-2"}, "slot t2-2 comes where t1-2 should"),
        ({"deployment": "e"}, "under an order that wasn't said"),
        ({"order_hash": "0" * 64}, "under an order that wasn't said"),
        ({"order_hash": ""}, "under an order that wasn't said"),
        ({"deployment": ""}, "keys for enrolment name an order"),
        (
            {"at_ms": START_MS + 4_000_000, "deadline_ms": START_MS + 4_000_500},
            "outside the window",
        ),
        ({"deadline_ms": START_MS + 1_300}, "may live 1100 ms"),
        ({"deadline_ms": START_MS + 199}, "may live -1 ms"),
        ({"deadline_ms": 0}, "may live -"),
        ({"key_count": 5}, "5 keys in 8 copies for 2 cameras: at most 4 in 8"),
        ({"copies": 9}, "4 keys in 9 copies for 2 cameras"),
        ({"key_count": 0}, "0 keys in 8 copies"),
        ({"copies": 3}, "4 keys in 3 copies"),
    ],
)
def test_a_grant_that_can_not_be_or_breaks_the_promise_is_refuted(
    changes: dict[str, int | str], why: str
) -> None:
    log = Log().begin().slot()
    log.add(log.minute(1), log.granted(**changes)).sign()
    with pytest.raises(Refuted, match=f"entry 6: .*{why}"):
        verify(file_of(log))


def test_one_slot_may_have_keys_of_several_deployments_once_each() -> None:
    log = Log().begin()
    enrolling = log.granted(deployment="", order_hash="")
    log.add(log.granted(), enrolling)
    assert verify(file_of(log.sign())).unclosed == 2
    log.add(enrolling)
    with pytest.raises(Refuted, match="entry 5: slot t1-1 comes where t1-2 should"):
        verify(file_of(log.sign()))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (Log().minute(1, faces_seen=10), "10 faces seen, but 9 ended"),
        (Log().minute(2), "counts 2 slots where 1 were closed"),
        (Log().order(order_hash="1" * 64), "another order takes the name d"),
        (Log().order(threshold_millionths=1), "the order of d isn't what it was said to be"),
        (Log().order(cameras=900), "the order of d isn't what it was said to be"),
        (Log().order(ends_ms=START_MS * 2), "the order of d isn't what it was said to be"),
        (Log().minute(0, deployment="John Doe"), "it counts for John Doe, which has no order"),
        (Log().begun(), "a log begins once"),
    ],
)
def test_other_entries_that_can_not_be_are_refuted(wrong: Entry, why: str) -> None:
    log = Log().begin().slot()
    log.add(replace(wrong, at_ms=log.at_ms)).sign()
    with pytest.raises(Refuted, match=f"entry 5: .*{why}"):
        verify(file_of(log))


def test_a_suspended_deployment_gets_no_keys_until_it_is_resumed() -> None:
    log = Log().begin()
    suspended = Suspended(at_ms=log.at_ms, deployment="d", reason="a copy is open")
    resumed = Resumed(at_ms=log.at_ms, deployment="d", reason="looked at")
    log.add(suspended, resumed).slot().sign()
    totals = verify(file_of(log)).totals["d"]
    assert totals.suspensions == 1
    assert [step for _, step, _ in totals.steps] == ["suspended", "resumed"]
    log.add(replace(suspended, at_ms=log.at_ms)).slot().sign()
    with pytest.raises(Refuted, match="entry 8: keys for d, which is suspended"):
        verify(file_of(log))


def test_a_slot_that_is_not_closed_within_a_minute_is_refuted() -> None:
    log = Log().begin()
    log.add(log.granted())
    log.slots, log.at_ms = 1, START_MS + 60_000
    log.add(log.granted()).sign()
    assert verify(file_of(log)).unclosed == 2
    log.slots, log.at_ms = 2, START_MS + 60_001
    log.add(log.granted()).sign()
    with pytest.raises(Refuted, match="entry 5: slot t1-1 of d has had no slot-closed"):
        verify(file_of(log))


def test_copies_do_not_lapse_before_their_deadline() -> None:
    log = Log().begin()
    granted = log.granted(deadline_ms=START_MS + 1_000)
    log.add(granted, replace(log.closed(granted), at_ms=START_MS + 549)).sign()
    with pytest.raises(Refuted, match="entry 4: 2 copies lapsed before their deadline"):
        verify(file_of(log))


def test_what_was_closed_is_counted_at_the_latest_when_the_term_ends() -> None:
    with pytest.raises(Refuted, match="entry 5: closed slots of d aren't counted"):
        verify(file_of(Log().begin().slot().end()))
    log = Log().begin()
    enrolling = log.granted(deployment="", order_hash="")
    log.slots, log.at_ms = 1, START_MS + 200
    assert verify(file_of(log.add(enrolling, log.closed(enrolling)).end())).unclosed == 0


def test_what_was_closed_is_counted_within_two_minutes() -> None:
    for late_ms, is_good in ((120_000, True), (120_001, False)):
        log = Log().begin().slot()
        log.at_ms += late_ms
        log.add(log.order()).sign()
        if is_good:
            assert verify(file_of(log)).totals["d"].closed == 1
        else:
            with pytest.raises(Refuted, match="entry 5: slots of d were closed and not counted"):
                verify(file_of(log))


# --- what holds from one log to the next --------------------------------------------------------


def test_an_order_and_a_suspension_outlive_a_log() -> None:
    first = a_log()
    other = Log(term="t2", follows=first.last, at_ms=first.at_ms)
    other.add(other.begun(), other.order(order_hash="1" * 64)).sign()
    with pytest.raises(Refuted, match="t2, entry 2: another order takes the name d"):
        verify(file_of(first, other))
    suspended = Suspended(at_ms=START_MS, deployment="d", reason="a copy is open")
    first = Log().begin().add(suspended).end()
    again = Log(term="t2", follows=first.last).begin().add(suspended).sign()
    totals = verify(file_of(first, again)).totals["d"]
    assert (totals.suspensions, totals.steps_told) == (1, 1)
    resumed = Resumed(at_ms=START_MS, deployment="d", reason="looked at")
    for repeats in ((), (suspended,)):
        second = Log(term="t2", follows=first.last).begin().add(*repeats).slot().sign()
        with pytest.raises(Refuted, match="keys for d, which is suspended"):
            verify(file_of(first, second))
    second = Log(term="t2", follows=first.last).begin().add(resumed).slot().sign()
    assert verify(file_of(first, second)).totals["d"].granted == 1


def left_open(slots: int, term: str = "t1", **chosen: Any) -> Log:
    """Return a log that leaves all its slots open and goes on to another term."""
    log = Log(term=term, **chosen).begin()
    for _ in range(slots):
        log.add(log.granted())
        log.slots += 1
        log.at_ms += 200
    ended = TermEnded(
        at_ms=log.at_ms, reason="followed by another term", slots=slots, unclosed=slots
    )
    return log.add(ended).sign()


def test_slots_that_a_term_left_open_are_closed_by_the_next_within_their_minute() -> None:
    first = left_open(2)
    for late_ms, is_good in ((59_600, True), (59_601, False)):
        # Its clock is another; what had gone by are 400 ms.
        second = Log(term="t2", follows=first.last, at_ms=START_MS + 3_000_000).begin()
        second.at_ms += late_ms
        second.add(second.minute(0)).sign()
        if is_good:
            assert verify(file_of(first, second)).unclosed == 2
        else:
            with pytest.raises(Refuted, match="t2, entry 3: slot t1-1 of d has had no slot"):
                verify(file_of(first, second))


def test_a_term_that_follows_in_time_does_not_let_slots_stay_open() -> None:
    first = left_open(1)
    second = left_open(150, "t2", follows=first.last, at_ms=first.at_ms)
    third = left_open(150, "t3", follows=second.last, at_ms=second.at_ms)
    with pytest.raises(Refuted, match="t3, entry 153: slot t1-1 of d has had no slot-closed"):
        verify(file_of(first, second, third))


@pytest.mark.parametrize("reason", ["stopped", "another leads"])
def test_who_can_not_hear_of_its_slots_leaves_them_open_and_many_are_a_warning(
    reason: str,
) -> None:
    logs: list[Log] = []
    for number in range(4):
        chosen: dict[str, Any] = {}
        if logs:
            chosen = {"follows": logs[-1].last, "at_ms": logs[-1].at_ms}
        log = Log(term=f"t{number}", **chosen).begin()
        for _ in range(290):
            log.add(log.granted())
            log.slots += 1
            log.at_ms += 200
        ended = TermEnded(at_ms=log.at_ms, reason=reason, slots=290, unclosed=290)
        logs.append(log.add(ended).sign())
    verdict = verify(file_of(*logs))
    assert verdict.is_doubtful
    first, *lines = verdict_lines(verdict, has_witness=False)
    assert first.startswith("WARNING, not good: 4 logs")
    assert any("told nowhere: 1,160 of 1,160" in line for line in lines)
    assert not verify(file_of(logs[0])).is_doubtful


def test_the_same_term_in_two_instances_is_refuted() -> None:
    with pytest.raises(Refuted, match="another log in this file is of the term t1 too"):
        verify(file_of(a_log(), a_log(instance="purge-2")))


def test_a_predecessor_of_another_instance_is_held_against_the_file() -> None:
    first = a_log()
    other = replace(first.last, size=first.last.size - 1)
    second = a_log(1, term="t2", instance="purge-2", follows=other, at_ms=first.at_ms)
    for logs in ((first, second), (second, first)):
        with pytest.raises(Refuted, match="fork: it follows entry"):
            verify(file_of(*logs))
    good = a_log(1, term="t2", instance="purge-2", follows=first.last, at_ms=first.at_ms)
    assert verify(file_of(first, good)).remarks == []


def test_all_models_and_programs_are_remembered_and_shown() -> None:
    log = Log().begin().slot()
    log.add(log.order(models=("e" * 64,))).slot().sign()
    totals = verify(file_of(log)).totals
    assert len(totals["d"].models) == 2
    told = "\n".join(summary_lines(totals))
    assert f"  models     {'e' * 16}, {sha256(b'model').hexdigest()[:16]}\n" in told
    assert f"  software   {sha256(b'software').hexdigest()[:16]}\n" in told


def test_how_many_suspensions_there_were_is_shown_where_some_are_left_out() -> None:
    log = Log().begin()
    for _ in range(15):
        log.add(
            Suspended(at_ms=START_MS, deployment="d", reason="open"),
            Resumed(at_ms=START_MS, deployment="d", reason="looked at"),
        )
    assert "15 suspensions in all" in "\n".join(summary_lines(verify(file_of(log.sign())).totals))


def test_a_term_must_begin_and_end_as_it_says() -> None:
    with pytest.raises(Refuted, match="entry 1: a log must begin with term-begun"):
        verify(file_of(Log().add(Log().order()).sign()))
    with pytest.raises(Refuted, match="entry 1: its instance and term"):
        verify(file_of(Log().add(Log().begun(term="t9")).sign()))
    with pytest.raises(Refuted, match="entry 1: its budget of 1001 ms"):
        verify(file_of(Log().add(Log().begun(budget_ms=1001)).sign()))
    log = a_log(1)
    with pytest.raises(Refuted, match="entry 7: it comes after the end"):
        verify(file_of(log.add(log.minute(0)).sign()))
    log = Log().begin().slot()
    log.slots = 2
    with pytest.raises(Refuted, match="entry 5: it ends after 2 slots where 1"):
        verify(file_of(log.end()))
    log = Log().begin().slot()
    with pytest.raises(Refuted, match="entry 5: it leaves 1 slots open where 0"):
        verify(file_of(log.end(unclosed=1)))


# --- how logs follow ----------------------------------------------------------------------------


def test_a_log_that_is_missing_between_two_is_a_gap() -> None:
    first = a_log()
    second = successor(first, "t2")
    third = successor(second, "t3")
    with pytest.raises(Refuted, match=r"t3, entry 1: gap: it follows .*/t2, which isn't in this"):
        verify(file_of(first, third))
    assert "isn't in this file" in verify(file_of(second, third)).remarks[0]


def test_a_log_that_names_no_predecessor_after_another_is_a_gap() -> None:
    with pytest.raises(Refuted, match="t2, entry 1: gap: it names no predecessor"):
        verify(file_of(a_log(), a_log(term="t2")))


def test_two_logs_that_follow_the_same_one_are_a_fork() -> None:
    first = a_log()
    with pytest.raises(Refuted, match=r"t3, entry 1: fork: it follows .*/t1, although .*/t2 came"):
        verify(file_of(first, successor(first, "t2"), successor(first, "t3")))


def test_a_log_that_follows_an_earlier_entry_or_another_version_is_a_fork() -> None:
    first = a_log()
    shorter, other = replace(first.last, size=4), replace(first.last, root=bytes(32))
    longer = replace(first.last, size=99)
    for follows, why in ((shorter, "fork"), (other, "fork"), (longer, "gap")):
        second = a_log(term="t2", follows=follows, at_ms=first.at_ms)
        with pytest.raises(Refuted, match=f"t2, entry 1: {why}"):
            verify(file_of(first, second))


def test_the_same_log_twice_is_a_fork() -> None:
    with pytest.raises(Refuted, match="fork: this log stands in the file twice"):
        verify(file_of(a_log(), a_log()))


# --- signatures ---------------------------------------------------------------------------------


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
        (b"checkpoint\n", "no signed note"),
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
