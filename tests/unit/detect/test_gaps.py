"""References are worked on while no live frame is, and soon make way for the next one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.support.brokers import eventually

from lethe.detect.gaps import Gaps
from lethe.detect.lanes import Lanes

LIVE_S = 1.0
REST_S = 0.2
PATIENCE_S = 1.0


class Workshop:
    """Live lanes and the gaps in them; work of both waits until it is let go on."""

    def __init__(self, *, at_once: int = 2, room: int = 8) -> None:
        self.now_s = 100.0
        self.begun: list[str] = []
        self.given_up: list[str] = []
        self.under_way: dict[str, asyncio.Event] = {}
        self.gaps = Gaps(
            self._work,
            self._give_up,
            at_once=at_once,
            room=room,
            clock_s=lambda: self.now_s,
        )
        self.lanes = Lanes(self._work, self._give_up, room=8, on_change=self.gaps.live)

    async def _work(self, item: str) -> None:
        self.begun.append(item)
        self.under_way[item] = asyncio.Event()
        await self.under_way[item].wait()
        del self.under_way[item]

    async def _give_up(self, item: str) -> None:
        self.given_up.append(item)

    async def frame(self, name: str) -> None:
        await self.lanes.put(0, name)
        await self.until(name)

    async def frame_done(self, name: str, *then: str) -> None:
        """Let a frame come and be done with; wait until exactly those are worked on."""
        await self.lanes.put(0, name)
        await eventually(lambda: name in self.under_way)
        await self.end(name, *then)

    async def comes(self, *, lane: int, after_s: float) -> None:
        """Let a frame of a camera come after some time, and be done with at once."""
        self.now_s += after_s
        name = f"lane {lane}"
        others = set(self.under_way)
        self.gaps.came(lane)
        await self.lanes.put(lane, name)
        await eventually(lambda: name in self.under_way)
        self.under_way[name].set()
        await eventually(lambda: name not in self.under_way)
        await settled()
        for each in set(self.under_way) - others:
            assert each.startswith("r")

    async def when_begun(self, name: str, *, every_s: float) -> float:
        """Let frames of a camera come until one is begun; return when that was."""
        while name not in self.begun:
            await self.comes(lane=0, after_s=every_s)
        return self.now_s

    async def until(self, *names: str) -> None:
        """Wait until exactly these are worked on."""
        await eventually(lambda: set(self.under_way) == set(names))

    async def end(self, name: str, *then: str) -> None:
        """End the work on one; wait until exactly those are worked on that are said."""
        self.under_way[name].set()
        await self.until(*then)


@asynccontextmanager
async def running(workshop: Workshop) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(part.run()) for part in (workshop.lanes, workshop.gaps)]
    try:
        yield
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_while_nothing_is_live_every_worker_has_one() -> None:
    workshop = Workshop(at_once=2)
    async with running(workshop):
        for name in ("r1", "r2", "r3"):
            await workshop.gaps.put(name)
        await workshop.until("r1", "r2")
        await workshop.end("r1", "r2", "r3")


async def test_none_is_begun_while_a_live_frame_waits_or_is_worked_on() -> None:
    workshop = Workshop()
    async with running(workshop):
        await workshop.frame("f1")
        await workshop.lanes.put(0, "f2")
        await workshop.gaps.put("r1")
        await workshop.end("f1", "f2")
        workshop.now_s += REST_S
        await workshop.end("f2", "r1")
    assert workshop.begun == ["f1", "f2", "r1"]


async def test_while_frames_come_one_begins_just_when_a_frame_is_done_with() -> None:
    workshop = Workshop(at_once=2)
    async with running(workshop):
        await workshop.gaps.put("r0")
        await workshop.until("r0")
        await workshop.frame_done("f1", "r0")
        await workshop.end("r0")
        workshop.now_s += REST_S
        # The moment is over: the next frame is expected.
        await workshop.gaps.put("r1")
        await workshop.gaps.put("r2")
        await settled()
        assert workshop.begun == ["r0", "f1"]
        await workshop.frame_done("f2", "r1")
        # The other worker is there for the next frame, however long this one takes.
        workshop.now_s += REST_S
        await workshop.frame_done("f3", "r1")
        await settled()
        assert set(workshop.under_way) == {"r1"}


async def test_between_two_that_begin_beside_live_frames_is_a_rest() -> None:
    workshop = Workshop()
    async with running(workshop):
        await workshop.frame_done("f1")
        await workshop.gaps.put("r1")
        await workshop.gaps.put("r2")
        await workshop.until("r1")
        await workshop.end("r1")
        workshop.now_s += REST_S / 2
        await workshop.frame_done("f2")
        await settled()
        assert workshop.begun == ["f1", "r1", "f2"]
        workshop.now_s += REST_S
        await workshop.frame_done("f3", "r2")


async def test_beside_frames_one_begins_only_where_the_next_is_not_expected_before_its_end() -> (
    None
):
    workshop = Workshop()
    async with running(workshop):
        for number in range(6):
            await workshop.comes(lane=0, after_s=0.06)
            await workshop.comes(lane=1, after_s=0.02)
            if number == 4:
                await workshop.gaps.put("r1")
                await settled()
        # Behind lane 1 there are 60 ms, behind lane 0 no more than 20.
        assert workshop.begun.index("r1") == workshop.begun.index("lane 1", 9) + 1


async def test_where_frames_come_too_close_one_begins_now_and_then_all_the_same() -> None:
    workshop = Workshop()
    async with running(workshop):
        for name in ("r1", "r2"):
            await workshop.gaps.put(name)
        first_s = await workshop.when_begun("r1", every_s=0.02)
        await workshop.end("r1")
        second_s = await workshop.when_begun("r2", every_s=0.02)
    assert second_s - first_s >= PATIENCE_S


async def test_how_long_images_take_is_learnt() -> None:
    workshop = Workshop()
    async with running(workshop):
        for name in ("r1", "r2", "r3"):
            await workshop.gaps.put(name)
        begun_s = [await workshop.when_begun("r1", every_s=0.08)]
        await workshop.end("r1")
        begun_s.append(await workshop.when_begun("r2", every_s=0.08))
        assert begun_s[1] - begun_s[0] < PATIENCE_S
        for _ in range(10):
            await workshop.comes(lane=0, after_s=0.08)
        # It took 800 ms: far more than what lies between two frames.
        await workshop.end("r2")
        begun_s.append(await workshop.when_begun("r3", every_s=0.08))
    assert begun_s[2] - begun_s[1] >= PATIENCE_S


async def test_when_no_frame_comes_any_more_all_are_worked_on_though_nobody_says_so() -> None:
    workshop = Workshop(at_once=2)
    async with running(workshop):
        await workshop.frame_done("f1")
        workshop.now_s += LIVE_S - 0.01
        for name in ("r1", "r2"):
            await workshop.gaps.put(name)
        await settled()
        assert workshop.begun == ["f1"]
        workshop.now_s += LIVE_S
        await workshop.until("r1", "r2")


async def test_a_frame_that_comes_meanwhile_is_begun_at_once() -> None:
    workshop = Workshop()
    async with running(workshop):
        for name in ("r1", "r2", "r3"):
            await workshop.gaps.put(name)
        await workshop.until("r1", "r2")
        await workshop.lanes.put(0, "f1")
        await workshop.until("r1", "r2", "f1")
        await workshop.end("r1", "r2", "f1")
        await workshop.end("r2", "f1")
        workshop.now_s += REST_S
        await workshop.end("f1", "r3")


async def test_beyond_its_room_the_oldest_is_given_up() -> None:
    workshop = Workshop(room=2)
    for name in ("r1", "r2", "r3"):
        await workshop.gaps.put(name)
    assert workshop.given_up == ["r1"]
    async with running(workshop):
        await workshop.until("r2", "r3")


async def test_a_failure_of_the_work_ends_it() -> None:
    async def failing(_item: int) -> None:
        raise ZeroDivisionError

    async def give_up(_item: int) -> None:
        raise AssertionError

    gaps = Gaps(failing, give_up, at_once=2, room=2)
    await gaps.put(1)
    with pytest.raises(ExceptionGroup) as failed:
        await gaps.run()
    assert failed.group_contains(ZeroDivisionError)


@given(st.lists(st.sampled_from(["reference", "frame", "none"]), max_size=40), st.integers(1, 4))
def test_whatever_comes_none_is_begun_beside_a_frame_and_all_are_in_the_end(
    told: list[str], most: int
) -> None:
    asyncio.run(_whatever_comes(told, most))


async def _whatever_comes(told: list[str], most: int) -> None:
    begun: list[int] = []
    given_up: list[int] = []

    async def work(item: int) -> None:
        begun.append(item)
        await asyncio.sleep(0)

    async def give_up(item: int) -> None:
        given_up.append(item)

    now_s = 0.0
    gaps = Gaps(work, give_up, at_once=most, room=len(told) + 1, clock_s=lambda: now_s)
    task = asyncio.create_task(gaps.run())
    for number, what in enumerate(told):
        if what == "reference":
            await gaps.put(number)
        else:
            gaps.live(int(what == "frame"))
            await settled()
        before = list(begun)
        now_s += REST_S / 2
        await settled()
        if _is_live(told[: number + 1]):
            assert begun == before
    now_s += 2 * LIVE_S
    gaps.live(0)
    now_s += 2 * LIVE_S
    wanted = [number for number, what in enumerate(told) if what == "reference"]
    await eventually(lambda: len(begun) == len(wanted))
    assert (begun, given_up) == (wanted, [])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _is_live(told: list[str]) -> bool:
    """Tell whether the last that was told of frames is that there is one."""
    return [what for what in ["none", *told] if what != "reference"][-1] == "frame"


async def settled() -> None:
    """Let everything happen that happens without anything new."""
    for _ in range(8):
        await asyncio.sleep(0)
