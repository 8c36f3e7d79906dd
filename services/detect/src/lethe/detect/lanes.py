"""Frames in order per partition, several partitions at a time, a bounded number waiting."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Lanes(Generic[_T]):
    """One worker task per lane; the oldest that waits is given up when a lane is full.

    Parameters
    ----------
    work
        Handles one item; its failure ends `run`.
    overflow
        Is given an item that found no room.
    """

    def __init__(
        self,
        work: Callable[[_T], Awaitable[None]],
        overflow: Callable[[_T], Awaitable[None]],
        *,
        room: int,
    ) -> None:
        self._work = work
        self._overflow = overflow
        self._room = room
        self._waiting: dict[int, deque[_T]] = {}
        self._events: dict[int, asyncio.Event] = {}
        self._group: asyncio.TaskGroup | None = None

    async def put(self, lane: int, item: _T) -> None:
        """Add an item to a lane."""
        if lane not in self._waiting:
            self._waiting[lane], self._events[lane] = deque(), asyncio.Event()
            if self._group is not None:
                self._group.create_task(self._work_lane(lane))
        waiting = self._waiting[lane]
        if len(waiting) >= self._room:
            await self._overflow(waiting.popleft())
        waiting.append(item)
        self._events[lane].set()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for lane in self._waiting:
                group.create_task(self._work_lane(lane))
            await asyncio.Event().wait()

    async def _work_lane(self, lane: int) -> None:
        waiting, event = self._waiting[lane], self._events[lane]
        while True:
            await event.wait()
            while waiting:
                await self._work(waiting.popleft())
            event.clear()
