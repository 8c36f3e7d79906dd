"""What purge grants is told before it is sent, and how it ended is told as it happened."""

import asyncio
import errno
import os
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.forgetting import CAMERA
from tests.support.receipting_desk import MODEL, PROGRAM, Desk, of_kind
from tests.support.receipts import SIGNER

from lethe.contracts.keys import Role, TransitKey
from lethe.purge import receipting as module
from lethe.purge.log_folder import LogFolder, log_files
from lethe.purge.receipting import ReceiptsLost
from lethe.receipts.entries import (
    MinuteCounted,
    OrderInForce,
    SlotGranted,
    TermBegun,
    TermEnded,
)
from lethe.receipts.entries import (
    SlotClosed as ClosedEntry,
)
from lethe.receipts.errors import Refuted
from lethe.receipts.granted import GrantedLeaf, granted_root
from lethe.shredding.trust import LocalTrust


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
    assert order.holders == (PROGRAM,)
    assert (told.slot, told.key_count, told.copies) == ("t1-1", 2, 4)
    assert told.deadline_ms - told.at_ms <= 1000
    leaves = {
        GrantedLeaf(named.lane, named.purpose.value, named.commitment)
        for each in granted
        for named in each.keys
    }
    assert told.keys_root == granted_root(leaves).hex()


async def test_of_slots_in_a_row_each_is_told_with_its_own_deadline(
    trust: LocalTrust, tmp_path: Path
) -> None:
    desk = Desk(trust, tmp_path, slots=3)
    await desk.begin("t1")
    granted = desk.made()
    await desk.receipting.tell(granted)
    told = of_kind(desk, SlotGranted)
    assert [(each.slot, each.after_ms) for each in told] == [
        ("t1-1", 0),
        ("t1-2", 200),
        ("t1-3", 400),
    ]
    assert len({each.deadline_ms - each.after_ms for each in told}) == 1
    for each in told:
        desk.acknowledge(each.slot)
    await desk.later(61)
    await desk.receipting.close()
    assert desk.verified().entries == len(desk.entries())


async def test_a_log_in_which_somebody_looks_at_the_only_camera_is_verified(desk: Desk) -> None:
    await desk.begin("t1")
    transit = TransitKey(key_id="transit", public_key=b"", term=1)
    looking = desk.custody.ticket(Role.ALERT, partitions=[], transit=transit, looks=[CAMERA])
    assert desk.custody.hear(looking)
    await desk.receipting.tell(desk.made())
    [told] = of_kind(desk, SlotGranted)
    assert (told.key_count, told.copies) == (3, 6)
    await desk.receipting.close()
    assert desk.verified().entries == len(desk.entries())


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


async def test_what_was_closed_is_told_with_grants_while_there_are_some(desk: Desk) -> None:
    await desk.begin("t1")
    told: list[int] = []
    for _ in range(40):
        await desk.slot()
        before = len(desk.entries())
        desk.accountant.settle()
        await desk.receipting.settle()
        told.append(len(desk.entries()) - before)
    assert not any(told)
    assert of_kind(desk, ClosedEntry)
    before = len(of_kind(desk, ClosedEntry))
    await desk.later(1.25)
    assert len(of_kind(desk, ClosedEntry)) > before


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
