"""Frames in order per partition, several partitions at a time, a bounded number waiting.

In a queue that never empties everything is handled at the last moment, and what is made of it
comes too late for those who come next. So a lane that is late goes on with its newest item.
"""

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
        Is given an item that found no room, or that is passed over.
    is_late
        Tells that an item's turn came too late for it to be of use: it and all that wait, but
        for the newest, are passed over.
    on_change
        Is told how many items wait or are worked on, whenever that changes.
    """

    def __init__(
        self,
        work: Callable[[_T], Awaitable[None]],
        overflow: Callable[[_T], Awaitable[None]],
        *,
        room: int,
        is_late: Callable[[_T], bool] = lambda _item: False,
        on_change: Callable[[int], None] = lambda _items: None,
    ) -> None:
        self._work = work
        self._overflow = overflow
        self._room = room
        self._is_late = is_late
        self._on_change = on_change
        self._items = 0
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
            await self._pass_over(waiting.popleft())
        waiting.append(item)
        self._count(1)
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
                item = waiting.popleft()
                if self._is_late(item):
                    while waiting:
                        await self._pass_over(item)
                        item = waiting.popleft()
                await self._work(item)
                self._count(-1)
            event.clear()

    async def _pass_over(self, item: _T) -> None:
        self._count(-1)
        await self._overflow(item)

    def _count(self, more: int) -> None:
        self._items += more
        self._on_change(self._items)
