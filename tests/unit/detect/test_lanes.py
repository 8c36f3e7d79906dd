"""Order within a lane, several lanes at a time, a bounded number waiting."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.support.brokers import eventually

from lethe.detect.lanes import Lanes

Item = tuple[int, int]


class Workshop:
    """Lanes whose work waits at a gate, and everything that happened."""

    def __init__(self, room: int) -> None:
        self.late: set[Item] = set()
        self.begun: list[Item] = []
        self.done: dict[int, list[int]] = defaultdict(list)
        self.given_up: list[Item] = []
        self.gate = asyncio.Event()
        self.lanes = Lanes(
            self._work, self._give_up, room=room, is_late=lambda item: item in self.late
        )

    async def _work(self, item: Item) -> None:
        self.begun.append(item)
        await self.gate.wait()
        self.done[item[0]].append(item[1])

    async def _give_up(self, item: Item) -> None:
        self.given_up.append(item)

    async def put(self, lane: int, *numbers: int) -> None:
        for number in numbers:
            await self.lanes.put(lane, (lane, number))

    async def until(self, condition: Callable[[], bool]) -> None:
        await eventually(condition)


@asynccontextmanager
async def running(workshop: Workshop) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(workshop.lanes.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_several_lanes_run_at_a_time_and_each_lane_one_item_at_a_time() -> None:
    workshop = Workshop(room=8)
    async with running(workshop):
        for lane in range(3):
            await workshop.put(lane, 1, 2)
        await workshop.until(lambda: len(workshop.begun) == 3)
        assert sorted(workshop.begun) == [(0, 1), (1, 1), (2, 1)]
        workshop.gate.set()
        await workshop.until(lambda: len(workshop.begun) == 6)
    assert dict(workshop.done) == {0: [1, 2], 1: [1, 2], 2: [1, 2]}
    assert workshop.given_up == []


async def test_beyond_the_bound_the_oldest_that_waits_is_given_up() -> None:
    workshop = Workshop(room=2)
    async with running(workshop):
        await workshop.put(0, 1)
        await workshop.until(lambda: workshop.begun == [(0, 1)])
        await workshop.put(0, 2, 3)
        assert workshop.given_up == []
        await workshop.put(0, 4, 5)
        assert workshop.given_up == [(0, 2), (0, 3)]
        workshop.gate.set()
        await workshop.until(lambda: workshop.done[0] == [1, 4, 5])


async def test_a_lane_that_is_late_goes_on_with_its_newest() -> None:
    workshop = Workshop(room=8)
    workshop.late = {(0, 3), (0, 4)}
    async with running(workshop):
        await workshop.put(0, *range(1, 8))
        workshop.gate.set()
        await workshop.until(lambda: workshop.done[0] == [1, 2, 7])
    assert workshop.given_up == [(0, number) for number in range(3, 7)]


async def test_nobody_is_passed_over_for_being_late_when_nobody_newer_waits() -> None:
    workshop = Workshop(room=8)
    workshop.late = {(0, 3)}
    workshop.gate.set()
    async with running(workshop):
        await workshop.put(0, 1, 2, 3)
        await workshop.until(lambda: workshop.done[0] == [1, 2, 3])
    assert workshop.given_up == []


async def test_a_full_lane_costs_the_others_nothing() -> None:
    workshop = Workshop(room=1)
    async with running(workshop):
        await workshop.put(0, 1)
        await workshop.until(lambda: workshop.begun == [(0, 1)])
        await workshop.put(0, 2, 3, 4)
        await workshop.put(1, 1)
        await workshop.until(lambda: (1, 1) in workshop.begun)
    assert workshop.given_up == [(0, 2), (0, 3)]


async def test_what_was_put_before_the_start_is_worked_on() -> None:
    workshop = Workshop(room=4)
    workshop.gate.set()
    await workshop.put(0, 1, 2)
    await workshop.put(5, 1)
    async with running(workshop):
        await workshop.until(lambda: len(workshop.begun) == 3)
    assert dict(workshop.done) == {0: [1, 2], 5: [1]}


async def test_a_failure_of_the_work_ends_the_lanes() -> None:
    async def failing(_item: int) -> None:
        raise RuntimeError

    async def give_up(_item: int) -> None:
        raise AssertionError

    lanes = Lanes(failing, give_up, room=2)
    await lanes.put(0, 1)
    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.wait_for(lanes.run(), 20)
    assert caught.group_contains(RuntimeError)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=40), st.integers(1, 4))
async def test_every_item_is_worked_on_in_order_or_given_up(
    puts: list[tuple[int, bool]], room: int
) -> None:
    workshop = Workshop(room)
    workshop.gate.set()
    async with running(workshop):
        for number, (lane, give_way) in enumerate(puts):
            await workshop.put(lane, number)
            if give_way:
                await asyncio.sleep(0)
        total = len(puts)
        while sum(map(len, workshop.done.values())) + len(workshop.given_up) < total:  # noqa: ASYNC110 - turns, no time
            await asyncio.sleep(0)
    for lane in range(3):
        of_lane = [number for number, (its, _) in enumerate(puts) if its == lane]
        given_up = [number for its, number in workshop.given_up if its == lane]
        assert workshop.done[lane] == [n for n in of_lane if n not in given_up]
        assert given_up == sorted(given_up)
