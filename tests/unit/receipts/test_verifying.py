"""What holds is verified; what doesn't is refuted, with the entry that shows it."""

from dataclasses import replace

import pytest
from tests.support.receipts import (
    START_MS,
    Log,
    a_log,
    file_of,
    successor,
    verify,
)

from lethe.receipts.entries import AuditAnchored, Resumed, Suspended
from lethe.receipts.entry import Entry
from lethe.receipts.errors import Refuted


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
    assert totals.uncounted == 0


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
        ({"key_count": 7}, "7 keys in 8 copies for 2 cameras: at most 6 in 12"),
        ({"copies": 13}, "4 keys in 13 copies for 2 cameras"),
        ({"after_ms": 1_001, "deadline_ms": START_MS + 1_700}, "1001 ms before they are of use"),
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


def _anchored(at_ms: int, size: int, head: str = "ab") -> AuditAnchored:
    return AuditAnchored(at_ms=at_ms, log="audit", size=size, head=head * 32)


def test_heads_of_an_audit_log_are_told_by_the_verdict() -> None:
    log = a_log(1)
    later = successor(log, "t2")
    first, second = Log().begin(), Log(term="t3", instance="purge-2").begin()
    first.add(_anchored(first.at_ms, 7), _anchored(first.at_ms, 9, "cd")).sign()
    second.add(_anchored(second.at_ms, 8, "ef")).sign()
    assert verify(file_of(log, later)).anchors == set()
    assert verify(file_of(first, second)).anchors == {
        ("audit", 7, "ab" * 32),
        ("audit", 9, "cd" * 32),
        ("audit", 8, "ef" * 32),
    }


@pytest.mark.parametrize("size", [6, 7])
def test_within_one_log_an_audit_log_is_anchored_with_more_entries_each_time(size: int) -> None:
    log = Log().begin()
    log.add(_anchored(log.at_ms, 7), _anchored(log.at_ms, size, "cd")).sign()
    with pytest.raises(Refuted, match=f"audit is anchored at {size} entries, not more"):
        verify(file_of(log))


def test_an_audit_log_that_was_rewritten_is_no_fault_of_the_receipts() -> None:
    first, second = Log().begin(), Log(term="t3", instance="purge-2").begin()
    first.add(_anchored(first.at_ms, 7)).sign()
    second.add(_anchored(second.at_ms, 7, "cd")).sign()
    expected = {("audit", 7, "ab" * 32), ("audit", 7, "cd" * 32)}
    assert verify(file_of(first, second)).anchors == expected
