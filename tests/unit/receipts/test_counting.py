"""What was closed is counted by the minute; a term that ends leaves out what has none."""

import pytest
from tests.support.receipts import START_MS, Log, a_log, file_of, verify

from lethe.receipts.errors import Refuted
from lethe.receipts.telling import summary_lines


def test_only_what_was_closed_within_its_last_minute_may_a_term_leave_uncounted() -> None:
    for since_ms, is_good in ((10_000, True), (61_000, True), (61_001, False)):
        log = Log().begin().slot()
        log.at_ms += since_ms
        if not is_good:
            with pytest.raises(Refuted, match="entry 5: closed slots of d aren't counted"):
                verify(file_of(log.end()))
            continue
        totals = verify(file_of(log.end())).totals
        assert (totals["d"].closed, totals["d"].uncounted, totals["d"].faces["seen"]) == (1, 1, 0)
        told = "\n".join(summary_lines(totals))
        assert "those of 1 slot not told: a log ended before their minute did" in told


def test_enrolment_has_no_faces_to_be_counted() -> None:
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


def test_of_a_log_that_counted_all_nothing_is_said_to_be_missing() -> None:
    totals = verify(file_of(a_log(3))).totals
    assert totals["d"].uncounted == 0
    assert "those of" not in "\n".join(summary_lines(totals))


def test_what_a_log_that_broke_off_did_not_count_is_said() -> None:
    totals = verify(file_of(Log().begin().slot().slot().sign())).totals
    assert totals["d"].uncounted == 2
