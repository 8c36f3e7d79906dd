"""What purge grants is told before it is sent, and how it ended is told as it happened."""

import asyncio
import errno
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.custody import Custody
from tests.support.forgetting import CAMERA, an_order, book_with
from tests.support.pipeline import CAMERA_ROLES
from tests.support.receipts import SIGNER, verify

from lethe.contracts.instants import Instant
from lethe.contracts.keys import CloseReason, DestroyedKeys, KeyGranted, KeyTicket, Role
from lethe.contracts.live import (
    CapturedFrame,
    FrameOutcome,
    FrameProcessed,
    ProbeDecided,
    ProbeOutcome,
    SlotClosed,
)
from lethe.contracts.sealed import Purpose
from lethe.purge import receipting as module
from lethe.purge.accountant import Accountant
from lethe.purge.custodian import Custodian
from lethe.purge.log_folder import LogFolder, log_files
from lethe.purge.receipting import Origin, Receipting, ReceiptsLost
from lethe.receipts.entries import (
    Entry,
    MinuteCounted,
    OrderInForce,
    SlotGranted,
    TermBegun,
    TermEnded,
    parse_entry,
)
from lethe.receipts.entries import (
    SlotClosed as ClosedEntry,
)
from lethe.receipts.errors import Refuted
from lethe.receipts.granted import GrantedLeaf, granted_root
from lethe.receipts.verifying import Verdict
from lethe.shredding.trust import LocalTrust

MODEL = "ab" * 32
_PURPOSES = {
    Role.INGEST: (Purpose.FRAME,),
    Role.DETECT: (Purpose.FRAME, Purpose.PROBE),
    Role.MATCH: (Purpose.PROBE,),
}


class Desk:
    """One instance of purge: a custodian, the account, and receipts on a real disk."""

    def __init__(self, trust: LocalTrust, folder: Path) -> None:
        self.folder = folder
        self.custody = Custody(book_with(trust, an_order()))
        self.clock = self.custody.clock
        self.accountant = Accountant(self.clock, budget_ms=1000)
        self.receipting = Receipting(
            LogFolder(folder, SIGNER, "purge-1"),
            Origin("purge-1", "cd" * 32, 1000),
            accountant=self.accountant,
            orders=self.custody.custodian._orders,
            clock=self.clock,
        )

    async def begin(self, term: str) -> None:
        """Begin a term with a custodian of its own."""
        await self.receipting.begin(term)
        orders = self.custody.custodian._orders
        self.custody.custodian = Custodian(orders, self.clock, term=term)

    def made(self) -> list[KeyGranted]:
        """Return the grants of a slot, with everybody's ticket in hand."""
        for role in CAMERA_ROLES:
            ticket = self.custody.ticket(role, model=MODEL if role is Role.DETECT else "")
            self.custody.hear(ticket)
            self.accountant.hear_ticket(ticket)
        return self.custody.custodian.make()

    async def slot(self) -> str:
        """Grant a slot, let a frame with three faces pass, let everybody acknowledge."""
        granted = self.made()
        await self.receipting.tell(granted)
        slot = granted[0].slot
        self.custody.time.advance_ms(60)
        captured = self.clock.now()
        self.custody.time.advance_ms(100)
        self.report(slot, captured)
        self.acknowledge(slot)
        self.custody.time.advance_ms(40)
        return slot

    def counted(self, slot: str | None, **changes: object) -> SlotClosed:
        """Return ingest's counts of a slot, none without changes."""
        content: dict[str, object] = {
            "camera_id": CAMERA,
            "deployment_id": "deployment-1",
            "instance_id": "ingest-1",
            "slot": slot,
            "closed": self.clock.now(),
            "offered": 0,
        }
        return SlotClosed.model_validate(content | changes)

    def report(self, slot: str, captured: Instant) -> None:
        """Let everybody tell of a frame with three faces, and of one that was dropped."""
        at = self.clock.now()
        frame = {"camera_id": CAMERA, "deployment_id": "deployment-1"}
        self.accountant.hear_slot(
            self.counted(
                slot,
                offered=2,
                captured=[CapturedFrame(number=0, captured_boot_us=captured.boot_us)],
                dropped={"late": 1},
            )
        )
        self.accountant.hear_frame(
            FrameProcessed(
                **frame,
                slot=slot,
                number=0,
                captured=captured,
                at=at,
                outcome=FrameOutcome.PROCESSED,
                faces_seen=3,
                probes=[0, 1],
                discarded={"small": 1},
            )
        )
        for number, outcome in enumerate((ProbeOutcome.NON_MATCH, ProbeOutcome.CANDIDATES)):
            self.accountant.hear_probe(
                ProbeDecided(
                    **frame,
                    slot=slot,
                    number=number,
                    frame_number=0,
                    captured=captured,
                    at=at,
                    outcome=outcome,
                )
            )

    def acknowledge(self, slot: str, *roles: Role) -> None:
        """Let holders tell that they destroyed their copies; all of them, if none are named."""
        for role in roles or CAMERA_ROLES:
            self.accountant.hear_ticket(self._acknowledging(role, slot))

    def _acknowledging(self, role: Role, slot: str) -> KeyTicket:
        now_us = self.clock.boot_us()
        destroyed = [
            DestroyedKeys(
                slot=slot,
                lane=CAMERA,
                purpose=purpose,
                numbers=[0, 1] if purpose is Purpose.PROBE else [0],
                at_boot_us=[now_us] * (2 if purpose is Purpose.PROBE else 1),
                closed_at_boot_us=now_us,
                reason=CloseReason.USED,
            )
            for purpose in _PURPOSES[role]
        ]
        return self.custody.ticket(role, destroyed=destroyed)

    async def later(self, seconds: float) -> None:
        """Let time pass, settling every quarter of a second."""
        for _ in range(round(seconds * 4)):
            self.custody.time.advance_ms(250)
            self.accountant.settle()
            await self.receipting.settle()

    def entries(self) -> list[Entry]:
        """Return every entry on the disk."""
        return [
            parse_entry(line)
            for path in log_files(self.folder)
            for line in path.read_bytes().splitlines()
            if line.startswith(b"{")
        ]

    def verified(self) -> Verdict:
        """Verify all logs, one after the other, as they lie there."""
        files = [path.read_bytes().splitlines(keepends=True) for path in log_files(self.folder)]
        return verify([files[0][0], *(line for lines in files for line in lines[2:])])


@pytest.fixture(name="desk")
def desk_(trust: LocalTrust, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(trust, tmp_path / "receipts")
    yield desk
    desk.receipting._threads.close()


def of_kind(desk: Desk, kind: type[Entry]) -> list[Entry]:
    return [entry for entry in desk.entries() if isinstance(entry, kind)]


async def test_a_grant_is_on_the_disk_before_it_is_sent(desk: Desk) -> None:
    await desk.begin("t1")
    granted = desk.made()
    await desk.receipting.tell(granted)
    begun, order, told = desk.entries()
    assert isinstance(begun, TermBegun)
    assert isinstance(order, OrderInForce)
    assert isinstance(told, SlotGranted)
    assert (begun.term, begun.software, begun.predecessor_origin) == ("t1", "cd" * 32, "")
    assert (order.order_hash, order.models) == (granted[0].keys[0].order_hash, (MODEL,))
    assert (told.slot, told.key_count, told.copies) == ("t1-1", 2, 4)
    assert told.deadline_ms - told.at_ms <= 1000
    leaves = {
        GrantedLeaf(named.lane, named.purpose.value, named.commitment)
        for each in granted
        for named in each.keys
    }
    assert told.keys_root == granted_root(leaves).hex()


async def test_what_is_told_is_verified_and_nothing_is_left_open(desk: Desk) -> None:
    await desk.begin("t1")
    for _ in range(6):
        await desk.slot()
    await desk.later(6)
    for _ in range(3):
        await desk.slot()
    await desk.later(61)
    await desk.receipting.close()
    verdict = desk.verified()
    assert verdict.remarks == []
    assert (verdict.unclosed, verdict.unended) == (0, 0)
    (totals,) = verdict.totals.values()
    assert (totals.granted, totals.closed) == (9, 9)
    assert totals.copies == {"acknowledged": 36, "dead": 0, "lapsed": 0, "open": 0}
    assert totals.frames == {
        "offered": 18, "captured": 9, "dropped": 9, "processed": 9, "expired": 0, "lost": 0
    }  # fmt: skip
    assert totals.faces == {"seen": 27, "erased": 18, "rescued": 9, "expired": 0}
    assert totals.oldest_age_ms == 100
    assert len(of_kind(desk, OrderInForce)) == 1


async def test_faces_are_counted_by_the_minute_and_no_finer(desk: Desk) -> None:
    await desk.begin("t1")
    for _ in range(20):
        await desk.slot()
        await desk.later(10)
    minutes = of_kind(desk, MinuteCounted)
    assert len(minutes) == 3
    apart = [b.at_ms - a.at_ms for a, b in pairwise(minutes)]
    assert all(each >= 60_000 for each in apart)


async def test_what_nobody_tells_of_is_told_as_open_and_refutes_the_promise(desk: Desk) -> None:
    await desk.begin("t1")
    await desk.receipting.tell(desk.made())
    await desk.later(44)
    assert of_kind(desk, ClosedEntry) == []
    await desk.later(5)
    (closed,) = of_kind(desk, ClosedEntry)
    assert isinstance(closed, ClosedEntry)
    assert closed.open == 4
    await desk.receipting.close()
    with pytest.raises(Refuted, match="over budget: nothing is known of 4 copies"):
        desk.verified()


async def test_the_next_term_closes_the_slots_of_the_one_before(desk: Desk) -> None:
    await desk.begin("t1")
    await desk.slot()
    await desk.begin("t2")
    await desk.slot()
    await desk.later(6)
    await desk.receipting.close()
    ended = of_kind(desk, TermEnded)
    assert [(each.reason, each.unclosed) for each in ended if isinstance(each, TermEnded)] == [
        ("followed by another term", 1),
        ("stopped", 0),
    ]
    verdict = desk.verified()
    assert (verdict.logs, verdict.unclosed) == (2, 0)


async def test_a_crash_at_any_moment_leaves_logs_that_hold(desk: Desk, tmp_path: Path) -> None:
    await desk.begin("t1")
    await desk.slot()
    await desk.later(6)
    for _ in range(3):
        await desk.slot()
    (torn,) = log_files(desk.folder)
    whole = torn.read_bytes()
    for cut in range(1, 900, 37):
        copy = tmp_path / f"copy-{cut}"
        shutil.copytree(desk.folder, copy)
        (copy / torn.name).write_bytes(whole[:-cut])
        folder, desk.folder = desk.folder, copy
        log, before, _ = LogFolder(copy, SIGNER, "purge-1").begin("t2")
        log.close()
        assert before is not None
        log_files(copy)[-1].unlink()
        assert desk.verified().unended == 1
        desk.folder = folder


async def test_nothing_is_told_while_another_leads(desk: Desk) -> None:
    await desk.begin("t1")
    await desk.slot()
    await desk.receipting.end("another leads")
    size = log_files(desk.folder)[0].stat().st_size
    await desk.later(8)
    assert log_files(desk.folder)[0].stat().st_size == size
    with pytest.raises(ReceiptsLost):
        await desk.receipting.tell(desk.made())
    verdict = desk.verified()
    assert (verdict.unended, verdict.unclosed) == (0, 1)


async def test_without_room_on_the_disk_nothing_may_be_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.begin("t1")
    await desk.slot()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(ReceiptsLost, match="No space left on device"):
            await desk.receipting.tell(desk.made())
        await desk.later(6)
        with pytest.raises(ReceiptsLost):
            await desk.receipting.tell(desk.made())
        with pytest.raises(ReceiptsLost):
            await desk.begin("t2")
    await desk.begin("t3")
    await desk.slot()
    await desk.later(6)
    await desk.receipting.close()
    verdict = desk.verified()
    assert (verdict.logs, verdict.unended, verdict.unclosed) == (2, 1, 0)
    (totals,) = verdict.totals.values()
    assert (totals.granted, totals.closed) == (2, 2)


async def test_grants_of_a_term_that_is_over_are_not_told_in_the_next(desk: Desk) -> None:
    await desk.begin("t1")
    granted = desk.made()
    await desk.begin("t2")
    with pytest.raises(ReceiptsLost, match="another term has begun"):
        await desk.receipting.tell(granted)


async def test_one_who_is_cancelled_leaves_what_is_written_and_noted_together(desk: Desk) -> None:
    await desk.begin("t1")
    await desk.slot()
    for _ in range(24):
        desk.custody.time.advance_ms(250)
        desk.accountant.settle()
    for step in (desk.receipting.settle(), desk.receipting.tell(desk.made())):
        task = asyncio.create_task(step)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await desk.receipting.close()
    verdict = desk.verified()
    (totals,) = verdict.totals.values()
    assert (totals.granted, totals.closed) == (2, 1)


async def test_other_models_are_told_and_what_is_no_digest_is_not(desk: Desk) -> None:
    await desk.begin("t1")
    await desk.slot()
    granted = desk.made()
    desk.accountant.models["detect-1"] = "no digest"
    await desk.receipting.tell(granted)
    orders = [order for order in desk.entries() if isinstance(order, OrderInForce)]
    assert [order.models for order in orders] == [(MODEL,), ()]
    await desk.receipting.close()
    assert desk.verified().logs == 1


async def test_a_name_that_can_not_be_told_gets_no_keys(desk: Desk) -> None:
    await desk.begin("t1")
    granted = [
        each.model_copy(
            update={"keys": [k.model_copy(update={"deployment_id": "d" * 201}) for k in each.keys]}
        )
        for each in desk.made()
    ]
    with pytest.raises(ReceiptsLost, match="a grant can't be told: its deployment"):
        await desk.receipting.tell(granted)
    assert desk.receipting.fault == (
        "a grant can't be told: its deployment isn't a printable text of at most 200 characters"
    )


async def test_a_log_is_full_at_some_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.begin("t1")
    assert not desk.receipting.is_full
    monkeypatch.setattr(module, "MOST_ENTRIES", 2)
    await desk.slot()
    assert desk.receipting.is_full
    await desk.begin("t2")
    assert not desk.receipting.is_full


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
