"""Within a log, from term to term and from instance to instance: nothing may be left out."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from tests.support.receipts import (
    START_MS,
    Log,
    a_log,
    file_of,
    successor,
    verify,
)

from lethe.receipts.entries import AlertErased, Resumed, SubjectsWithdrawn, Suspended, TermEnded
from lethe.receipts.errors import Refuted
from lethe.receipts.telling import summary_lines, verdict_lines


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


# --- what holds from one log to the next --------------------------------------------------------


def _withdrawn(log: Log, number: int, list_hash: str = "a") -> SubjectsWithdrawn:
    return SubjectsWithdrawn(
        at_ms=log.at_ms, deployment="d", withdrawn=number, list_hash=list_hash * 64
    )


def test_nobody_who_was_withdrawn_is_brought_back_in_this_log_or_the_next() -> None:
    log = Log().begin()
    log.add(_withdrawn(log, 1), _withdrawn(log, 3, "b")).slot().sign()
    verdict = verify(file_of(log))
    assert verdict.totals["d"].withdrawn == 3
    assert "  withdrawn  3 subjects of the watchlist" in summary_lines(verdict.totals)
    for number, list_hash in ((2, "a"), (0, "b"), (3, "a")):
        forged = Log().begin()
        forged.add(_withdrawn(forged, 3, "b"), _withdrawn(forged, number, list_hash)).sign()
        with pytest.raises(Refuted, match="entry 4: somebody who was withdrawn from d is brought"):
            verify(file_of(forged))
    first = Log().begin()
    first.add(_withdrawn(first, 3, "b")).end()
    for number, is_good in ((3, True), (4, True), (2, False)):
        following = Log(term="t2", follows=first.last).begin()
        following.add(_withdrawn(following, number, "b")).sign()
        if is_good:
            assert verify(file_of(first, following)).totals["d"].withdrawn == number
        else:
            with pytest.raises(Refuted, match="brought back"):
                verify(file_of(first, following))


def test_an_instance_that_heard_less_so_far_may_tell_less() -> None:
    first = Log().begin()
    first.add(_withdrawn(first, 3, "b")).end()
    standby = Log(term="t2", instance="purge-2").begin()
    standby.add(_withdrawn(standby, 1), _withdrawn(standby, 3, "b")).sign()
    assert verify(file_of(first, standby)).totals["d"].withdrawn == 3


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
    log.add(log.order(models=("e" * 64,), holders=("a" * 64, "f" * 64))).slot().sign()
    totals = verify(file_of(log)).totals
    assert len(totals["d"].models) == 2
    told = "\n".join(summary_lines(totals))
    assert f"  models     {'e' * 16}, {sha256(b'model').hexdigest()[:16]}\n" in told
    assert f"  holders    {'f' * 16}, {'a' * 16}\n" in told
    assert f"  software   {sha256(b'software').hexdigest()[:16]}\n" in told


def test_how_many_suspensions_there_were_is_shown_where_some_are_left_out() -> None:
    log = Log().begin()
    for _ in range(15):
        log.add(
            Suspended(at_ms=START_MS, deployment="d", reason="open"),
            Resumed(at_ms=START_MS, deployment="d", reason="looked at"),
        )
    assert "15 suspensions in all" in "\n".join(summary_lines(verify(file_of(log.sign())).totals))


def test_erased_alerts_are_counted_once_by_their_grounds_and_shown() -> None:
    log = Log().begin().slot()
    for number, ground in ((1, "false-alert"), (2, "retention"), (3, "retention")):
        erased = _erased(number, ground, at_ms=log.at_ms)
        log.add(erased, erased)
    totals = verify(file_of(log.sign())).totals
    told = "\n".join(summary_lines(totals))
    assert "  alerts     3 erased: 1 false-alert, 2 retention" in told


def test_alerts_of_an_earlier_log_are_shown_by_themselves() -> None:
    log = Log().begin().add(_erased(1, "retention", deployment="yesterday")).sign()
    told = "\n".join(summary_lines(verify(file_of(log)).totals))
    assert told.endswith("\ndeployment yesterday\n  alerts     1 erased: 1 retention")


def _erased(
    number: int, ground: str, *, at_ms: int = START_MS, deployment: str = "d"
) -> AlertErased:
    name = sha256(b"%d" % number).hexdigest()
    return AlertErased(at_ms=at_ms, deployment=deployment, id_hash=name, ground=ground)


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
