"""Enrolment in the gaps that live frames leave: they come first, a reference never waits for long.

A reference's keys end with its slot, as a frame's do. One for which there is no gap in time can't
be opened any more; alert sends fewer at a time then, and this one again.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")

_LIVE_S = 1.0
"""For so long after a live frame the next one is expected."""


class Gaps(Generic[_T]):
    """Works on what waits while nothing live does: all at a time, or one while live frames come.

    So a live frame finds at most one worker at something else, and that soon ends.

    Parameters
    ----------
    work
        Handles one item; its failure ends `run`.
    overflow
        Is given an item that found no room.
    at_once
        How many may be worked on at a time when nothing is live.
    room
        How many may wait; the oldest is given up beyond it.
    """

    def __init__(
        self,
        work: Callable[[_T], Awaitable[None]],
        overflow: Callable[[_T], Awaitable[None]],
        *,
        at_once: int,
        room: int,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work = work
        self._overflow = overflow
        self._at_once = at_once
        self._room = room
        self._clock_s = clock_s
        self._waiting: deque[_T] = deque()
        self._under_way = 0
        self._live = 0
        self._live_until_s = clock_s()
        self._changed = asyncio.Event()

    async def put(self, item: _T) -> None:
        """Let an item wait for a gap."""
        if len(self._waiting) >= self._room:
            await self._overflow(self._waiting.popleft())
        self._waiting.append(item)
        self._changed.set()

    def live(self, frames: int) -> None:
        """Take note of how many live frames wait or are worked on now."""
        self._live = frames
        self._live_until_s = self._clock_s() + _LIVE_S
        self._changed.set()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._changed.wait()
                self._changed.clear()
                while self._waiting and self._is_gap():
                    self._under_way += 1
                    group.create_task(self._work_on(self._waiting.popleft()))

    def _is_gap(self) -> bool:
        most = 1 if self._clock_s() < self._live_until_s else self._at_once
        return self._live == 0 and self._under_way < most

    async def _work_on(self, item: _T) -> None:
        try:
            await self._work(item)
        finally:
            self._under_way -= 1
            self._changed.set()
