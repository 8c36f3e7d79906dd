"""A purge that starts again obeys nothing older than what it obeyed before."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.support.brokers import eventually
from tests.support.clocks import WALL_US, FakeClock
from tests.support.forgetting import CAMERA, an_order, resumed, signed
from tests.support.roots import Root

from lethe.contracts.errors import InvalidInput, Refused, RolledBack
from lethe.contracts.orders import DeploymentOrdered, OrderStatus
from lethe.contracts.suspension import DeploymentSuspended, SuspensionGround
from lethe.purge.progress_file import FILE, ProgressFile
from lethe.purge.recollection import Recollection
from lethe.shredding.clock import instant
from lethe.shredding.orders import OrderBook
from lethe.shredding.progress import Progress
from lethe.shredding.roster import Roster
from lethe.shredding.suspensions import Suspensions
from lethe.shredding.trust import LocalTrust

NAME = "deployment-1"


class Run:
    """One run of a purge that keeps what it obeys in a folder."""

    def __init__(self, folder: Path, roster: Roster) -> None:
        self.book = OrderBook(roster)
        self.suspensions = Suspensions(self.book)
        self.store = ProgressFile(folder)
        self.recollection = Recollection(self.store, roster, self.book, self.suspensions)

    async def started(self) -> "Run":
        await self.recollection.recall()
        return self

    def hear(self, *ordered: DeploymentOrdered) -> None:
        for each in ordered:
            self.book.hear(each, WALL_US)

    def suspend(self) -> DeploymentSuspended:
        self.suspensions.suspend(
            NAME,
            SuspensionGround.COPY_OPEN,
            instance_id="purge-1",
            slot="term-1",
            at=instant(FakeClock()),
        )
        said = self.suspensions.of(NAME)
        assert said is not None
        return said

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.recollection.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def kept(self) -> None:
        async with self.keeping():
            await eventually(lambda: self.recollection.is_kept)


async def start(trust: LocalTrust, folder: Path) -> Run:
    return await Run(folder, trust.roster()).started()


async def test_an_ended_order_stays_ended_when_an_older_state_is_all_that_the_topic_has(
    trust: LocalTrust, tmp_path: Path
) -> None:
    running = signed(trust, an_order())
    before = await start(trust, tmp_path)
    before.hear(running, signed(trust, an_order(), status=OrderStatus.ENDED, serial=3))
    await before.kept()
    after = await start(trust, tmp_path)
    for ordered in (running, signed(trust, an_order(), serial=2)):
        with pytest.raises(RolledBack):
            after.hear(ordered)
    with pytest.raises(Refused, match="has ended"):
        after.hear(signed(trust, an_order(), serial=4))
    assert after.book.live_order(CAMERA, WALL_US) is None


async def test_the_state_that_was_obeyed_last_is_obeyed_again(
    trust: LocalTrust, tmp_path: Path
) -> None:
    newest = signed(trust, an_order(), serial=2)
    before = await start(trust, tmp_path)
    before.hear(signed(trust, an_order()), newest)
    await before.kept()
    after = await start(trust, tmp_path)
    assert after.recollection.is_kept
    with pytest.raises(RolledBack):
        after.hear(signed(trust, an_order()))
    after.hear(newest)
    assert after.book.live_order(CAMERA, WALL_US) is not None


async def test_another_order_cannot_take_the_name_of_one_that_was_obeyed(
    trust: LocalTrust, tmp_path: Path
) -> None:
    before = await start(trust, tmp_path)
    before.hear(signed(trust, an_order()))
    await before.kept()
    after = await start(trust, tmp_path)
    with pytest.raises(Refused, match="another order has this name"):
        after.hear(signed(trust, an_order(threshold=0.1), serial=9))


async def test_a_machine_that_never_ran_takes_the_highest_serial_wherever_it_stands(
    trust: LocalTrust, tmp_path: Path
) -> None:
    run = await start(trust, tmp_path)
    run.hear(signed(trust, an_order(), status=OrderStatus.ENDED, serial=3))
    with pytest.raises(RolledBack):
        run.hear(signed(trust, an_order(), serial=2))
    assert run.book.live_order(CAMERA, WALL_US) is None


async def test_a_suspension_outlives_a_topic_that_has_lost_it_and_is_told_again(
    trust: LocalTrust, tmp_path: Path
) -> None:
    before = await start(trust, tmp_path)
    before.hear(signed(trust, an_order()))
    said = before.suspend()
    await before.kept()
    after = await start(trust, tmp_path)
    after.hear(signed(trust, an_order()))
    assert after.suspensions.of(NAME) == said
    assert after.suspensions.unpublished() == [said]


async def test_a_suspension_that_was_lifted_stays_so_although_a_later_state_lifts_nothing(
    trust: LocalTrust, tmp_path: Path
) -> None:
    before = await start(trust, tmp_path)
    ordered = signed(trust, an_order())
    before.hear(ordered)
    said = before.suspend()
    before.hear(
        resumed(trust, ordered.order, lifts=said.suspension_id, serial=2),
        signed(trust, an_order(), serial=3),
    )
    assert not before.suspensions.is_suspended(NAME)
    await before.kept()
    after = await start(trust, tmp_path)
    after.hear(signed(trust, an_order(), serial=3))
    after.suspensions.hear(said)
    assert not after.suspensions.is_suspended(NAME)
    second = after.suspend()
    with pytest.raises(RolledBack):
        after.suspensions.hear(said)
    assert after.suspensions.of(NAME) == second


async def test_an_older_roster_or_another_of_its_serial_is_refused_at_the_start(
    tmp_path: Path,
) -> None:
    root, folder = Root(tmp_path), tmp_path / "data"
    root.publish(2)
    await (await Run(folder, root.read()).started()).kept()
    for serial, role in ((1, "purge"), (2, "alert")):
        root.publish(serial, role=role)
        with pytest.raises(RolledBack, match="mount the newest roster"):
            await Run(folder, root.read()).started()
    root.publish(3)
    await Run(folder, root.read()).started()
    # Whoever pins another root has said so in the settings.
    another = Root(tmp_path)
    another.publish(1)
    await (await Run(folder, another.read()).started()).kept()


@pytest.mark.parametrize(
    "damage",
    [
        lambda block: block[: len(block) // 2],
        lambda _block: b"",
        lambda block: block.replace(b'"serial": 3', b'"serial": 1'),
        lambda block: block.replace(b'"ended"', b'"running"'),
        lambda _block: b"[1, 2]",
        lambda _block: b'{"sha256": 1, "progress": {"roster": null}}',
        lambda _block: b"\xff\xfe",
    ],
)
async def test_a_damaged_file_is_told_in_one_line_and_not_taken_for_none(
    trust: LocalTrust, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    before = await start(trust, tmp_path)
    before.hear(signed(trust, an_order(), status=OrderStatus.ENDED, serial=3))
    await before.kept()
    file = tmp_path / FILE
    whole = file.read_bytes()
    assert damage(whole) != whole
    file.write_bytes(damage(whole))
    with pytest.raises(InvalidInput, match="is damaged"):
        await start(trust, tmp_path)
    file.write_bytes(whole)
    await start(trust, tmp_path)


async def test_a_file_that_cannot_be_read_is_told(trust: LocalTrust, tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(InvalidInput, match="can't be read"):
        await start(trust, tmp_path)


async def test_what_a_crash_left_beside_the_file_is_of_no_account(
    trust: LocalTrust, tmp_path: Path
) -> None:
    beside = (tmp_path / FILE).with_suffix(".partial")
    beside.write_bytes(b"{")
    run = await start(trust, tmp_path)
    run.hear(signed(trust, an_order()))
    await run.kept()
    assert not beside.exists()


async def test_asked_about_or_told_of_news_it_keeps_them_without_waiting_for_its_next_look(
    trust: LocalTrust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lethe.purge.recollection._LOOK_S", 3600)
    run = await start(trust, tmp_path)
    run.hear(signed(trust, an_order()))
    async with run.keeping():
        await eventually(run.recollection._is_kept)
        run.hear(signed(trust, an_order(), serial=2))
        run.recollection.look()
        await eventually(run.recollection._is_kept)
        run.hear(signed(trust, an_order(), serial=3))
        assert not run.recollection.is_kept
        await eventually(run.recollection._is_kept)


class FullDisk(ProgressFile):
    """A folder on a disk that is full for a while."""

    is_full = True

    def save(self, progress: Progress) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().save(progress)


async def test_while_a_disk_is_full_nothing_counts_as_kept_and_then_it_does(
    trust: LocalTrust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lethe.purge.recollection._RETRY_S", 0)
    run = Run(tmp_path, trust.roster())
    disk = FullDisk(tmp_path)
    run.recollection = Recollection(disk, trust.roster(), run.book, run.suspensions)
    run.hear(signed(trust, an_order()))
    async with run.keeping():
        await eventually(lambda: run.recollection.fault is not None)
        assert run.recollection.fault is not None
        assert "No space left on device" in run.recollection.fault
        assert not run.recollection.is_kept
        disk.is_full = False
        await eventually(lambda: run.recollection.is_kept)
    assert run.recollection.fault is None


async def test_a_write_that_fails_leaves_what_was_kept(
    trust: LocalTrust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await start(trust, tmp_path)
    run.hear(signed(trust, an_order()))
    await run.kept()

    def fail(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = (tmp_path / FILE).read_bytes()
    run.hear(signed(trust, an_order(), status=OrderStatus.ENDED, serial=2))
    with monkeypatch.context() as patched:
        patched.setattr("lethe.purge.progress_file.os.fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            run.store.save(run.recollection._present())
    assert (tmp_path / FILE).read_bytes() == before
    assert not (tmp_path / FILE).with_suffix(".partial").exists()
