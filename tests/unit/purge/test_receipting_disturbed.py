"""Set clocks, late counts, a disk that stands still: none refutes an honest log."""

import asyncio
import os
from dataclasses import replace

import pytest
from tests.support.processes import until
from tests.support.receipting_desk import Desk, during_the_next_sync, of_kind

from lethe.contracts.instants import Instant
from lethe.contracts.keys import Role
from lethe.contracts.live import (
    CapturedFrame,
)
from lethe.purge import receipting as module
from lethe.purge import untold
from lethe.purge.log_folder import log_files
from lethe.purge.receipting import ReceiptsLost
from lethe.receipts.entries import (
    MinuteCounted,
    OrderInForce,
    TermEnded,
)
from lethe.receipts.entries import (
    SlotClosed as ClosedEntry,
)
from lethe.receipts.errors import Refuted


async def test_a_stepped_wall_clock_moves_no_time_in_a_log(desk: Desk) -> None:
    await desk.begin("t1")
    await desk.slot()
    desk.clock.wall_offset_us -= 900_000
    await desk.slot()
    assert not desk.receipting.is_full
    await desk.later(6)
    await desk.receipting.close()
    assert desk.verified().remarks == []


@pytest.mark.parametrize("wrong_by_ms", [-3_600_000, -5_000, 5_000, 3_700_000])
async def test_a_clock_that_is_set_right_after_a_terms_beginning_begins_another(
    desk: Desk, wrong_by_ms: int
) -> None:
    desk.clock.step_wall(wrong_by_ms)
    await desk.begin("t1")
    granted = desk.made()
    desk.clock.step_wall(-wrong_by_ms)
    assert desk.receipting.is_full
    if granted:
        with pytest.raises(ReceiptsLost, match="the clock was set"):
            await desk.receipting.tell(granted)
    await desk.begin("t2")
    assert not desk.receipting.is_full
    await desk.slot()
    await desk.later(6)
    await desk.receipting.close()
    verdict = desk.verified()
    assert (verdict.logs, verdict.unended, verdict.unclosed) == (2, 0, 0)


# --- what others send, and when -----------------------------------------------------------------


@pytest.mark.parametrize("after_s", [36, 130])
async def test_grants_that_are_delivered_again_open_no_slot(desk: Desk, after_s: float) -> None:
    await desk.begin("t1")
    granted = desk.made()
    await desk.receipting.tell(granted)
    desk.acknowledge(granted[0].slot)
    await desk.later(after_s)
    for grant in granted:
        desk.accountant.hear_grant(grant)
    await desk.later(60)
    await desk.receipting.close()
    verdict = desk.verified()
    assert verdict.totals["deployment-1"].closed == 1
    assert len(of_kind(desk, ClosedEntry)) == 1
    assert desk.accountant.account()["copies"]["open"] == 0


@pytest.mark.parametrize(("after_s", "told"), [(6, 1), (15, 1), (24, 0)])
async def test_counts_that_come_late_count_in_the_account_whether_told_or_not(
    desk: Desk, after_s: float, told: int
) -> None:
    await desk.begin("t1")
    granted = desk.made()
    await desk.receipting.tell(granted)
    captured = desk.clock.now()
    desk.acknowledge(granted[0].slot)
    await desk.later(after_s)
    desk.report(granted[0].slot, captured)
    await desk.later(30)
    (closed,) = of_kind(desk, ClosedEntry)
    assert isinstance(closed, ClosedEntry)
    assert closed.captured == told
    frames = desk.accountant.account()["frames"]
    assert (frames["captured"], frames["processed"], frames["lost"]) == (1, 1, 0)
    await desk.receipting.close()
    assert desk.verified().unclosed == 0


async def test_a_slot_of_which_nothing_was_heard_stays_open_at_a_stop(desk: Desk) -> None:
    await desk.begin("t1")
    await desk.slot()
    granted = desk.made()
    await desk.receipting.tell(granted)
    desk.acknowledge(granted[0].slot)
    await desk.receipting.close()
    assert [each.slot for each in of_kind(desk, ClosedEntry) if isinstance(each, ClosedEntry)] == [
        "t1-1"
    ]
    assert desk.verified().unclosed == 1


async def test_a_camera_on_a_clock_that_is_behind_refutes_nothing(desk: Desk) -> None:
    await desk.begin("t1")
    granted = desk.made()
    await desk.receipting.tell(granted)
    desk.custody.time.advance_ms(10)
    behind = Instant(boot_id="other", boot_us=7, wall_us=desk.clock.now().wall_us - 40_000)
    desk.accountant.hear_slot(
        desk.counted(
            granted[0].slot,
            closed=behind,
            offered=1,
            captured=[CapturedFrame(number=0, captured_boot_us=7)],
        )
    )
    desk.acknowledge(granted[0].slot, Role.INGEST, Role.MATCH)
    desk.custody.time.advance_ms(1_500)
    # Of detect's copies nothing is known but that the kernel would have killed it.
    desk.accountant.hear_ticket(desk.custody.ticket(Role.DETECT))
    await desk.later(8)
    (closed,) = of_kind(desk, ClosedEntry)
    assert isinstance(closed, ClosedEntry)
    assert (closed.lapsed, closed.lost, closed.oldest_age_ms) == (2, 1, 1000)
    await desk.receipting.close()
    assert desk.verified().unclosed == 0


async def test_counts_under_names_without_an_order_are_not_told(desk: Desk) -> None:
    await desk.begin("t1")
    for deployment in ("somebody's name", "deployment-1"):
        dropped = desk.counted(None, offered=2, dropped={"no_key": 2}, deployment_id=deployment)
        desk.accountant.hear_slot(dropped)
        desk.custody.time.advance_ms(1)
    await desk.later(62)
    _, order, counted = desk.entries()
    assert isinstance(order, OrderInForce)
    assert isinstance(counted, MinuteCounted)
    assert (counted.deployment, counted.dropped_without_key) == ("deployment-1", 2)
    await desk.slot()
    await desk.receipting.close()
    assert desk.verified().totals["deployment-1"].dropped_without_key == 2


async def test_counts_that_can_not_be_told_end_one_log_and_not_the_next(desk: Desk) -> None:
    await desk.begin("t1")
    slot = await desk.slot()
    huge = desk.counted(slot).model_copy(update={"offered": 2**53, "closed": desk.clock.now()})
    desk.accountant.hear_slot(huge)
    await desk.later(8)
    assert desk.receipting.fault == "counts can't be told: its offered isn't a whole number from 0"
    await desk.begin("t2")
    await desk.slot()
    await desk.later(8)
    await desk.receipting.close()
    verdict = desk.verified()
    assert (verdict.logs, verdict.unended, verdict.unclosed) == (2, 1, 1)


@pytest.mark.parametrize("still_s", [58, 61, 200])
async def test_a_purge_that_stood_still_tells_the_ends_in_another_log(
    desk: Desk, still_s: float
) -> None:
    await desk.begin("t1")
    await desk.slot()
    desk.custody.time.advance_ms(still_s * 1000)
    await desk.later(2)
    assert desk.receipting.fault == "a slot is closed too late to be told in this log"
    await desk.begin("t2")
    await desk.slot()
    await desk.later(8)
    await desk.receipting.close()
    verdict = desk.verified()
    assert (verdict.logs, verdict.unended, verdict.unclosed) == (2, 1, 0)
    assert verdict.totals["deployment-1"].closed == 2


async def test_a_purge_that_stood_still_before_it_counted_counts_in_no_log(desk: Desk) -> None:
    await desk.begin("t1")
    await desk.slot()
    await desk.later(7)
    desk.custody.time.advance_ms(125_000)
    await desk.later(1)
    assert desk.receipting.fault is not None
    await desk.begin("t2")
    await desk.receipting.close()
    assert desk.verified().unclosed == 0


async def test_a_disk_that_stood_still_refutes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.begin("t1")
    await desk.slot()
    fdatasync = os.fdatasync

    def slow(_descriptor: int) -> None:
        monkeypatch.setattr(os, "fdatasync", fdatasync)
        desk.custody.time.advance_ms(61_000)

    monkeypatch.setattr(os, "fdatasync", slow)
    granted = desk.made()
    await desk.receipting.tell(granted)
    desk.acknowledge(granted[0].slot)
    await desk.later(2)
    await desk.begin("t2")
    await desk.later(50)
    await desk.receipting.close()
    verdict = desk.verified()
    assert (verdict.logs, verdict.unended, verdict.unclosed) == (2, 1, 0)


async def test_slots_that_close_while_the_disk_is_slow_are_told_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(untold, "_MOST_KEPT", 1)
    await desk.begin("t1")
    await desk.slot()
    await desk.later(3)
    await desk.slot()
    settling: list[asyncio.Task[None]] = []

    def one_closes() -> None:
        while not desk.accountant._slots._closed:
            desk.custody.time.advance_ms(250)
            desk.accountant.settle()

    async def the_other_closes() -> None:
        one_closes()
        settling.append(asyncio.create_task(desk.receipting.settle()))
        await until(lambda: not desk.accountant._slots._closed)

    one_closes()
    during_the_next_sync(monkeypatch, the_other_closes)
    await desk.receipting.settle()
    await asyncio.gather(*settling)
    await desk.later(2)
    closed = [each.slot for each in desk.entries() if isinstance(each, ClosedEntry)]
    assert closed == ["t1-1", "t1-2"]
    await desk.receipting.close()
    assert desk.verified().unclosed == 0


async def test_a_log_in_which_nothing_happens_does_not_grow(desk: Desk) -> None:
    await desk.begin("t1")
    (log,) = log_files(desk.folder)
    size = log.stat().st_size
    await desk.later(200)
    assert log.stat().st_size == size


async def test_slots_that_a_term_leaves_open_are_owed_by_the_next(desk: Desk) -> None:
    await desk.begin("t1")
    granted = desk.made()
    await desk.receipting.tell(granted)
    await desk.begin("t2")
    desk.custody.time.advance_ms(58_000)
    await desk.later(2)
    assert desk.receipting.fault == "a slot is closed too late to be told in this log"
    await desk.begin("t3")
    await desk.receipting.close()
    with pytest.raises(Refuted, match="t3, entry 2: over budget: nothing is known of 4 copies"):
        desk.verified()


async def test_what_is_written_at_once_is_signed_before_a_verifier_gives_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_UNSIGNED", 3)
    await desk.begin("t1")
    for _ in range(4):
        await desk.slot()
    (log,) = log_files(desk.folder)
    assert log.read_bytes().count(b"\ncheckpoint\n") >= 2


def test_replacing_a_time_checks_it_again() -> None:
    ended = TermEnded(at_ms=0, reason="stopped", slots=0, unclosed=0)
    assert replace(ended, at_ms=5).at_ms == 5
