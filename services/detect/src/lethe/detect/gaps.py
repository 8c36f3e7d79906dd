"""Enrolment in the gaps that live frames leave: they come first, a reference never waits for long.

A reference's keys end with its slot, as a frame's do. One for which there is no gap in time can't
be opened any more; alert sends fewer at a time then, and this one again.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

from lethe.detect.rhythm import Rhythm

_T = TypeVar("_T")

_LIVE_S = 1.0
"""For so long after a live frame the next one is expected."""
_MOMENT_S = 0.01
"""For so long after the last live frame was done the next one isn't expected yet."""
_REST_S = 0.2
"""Between two beginnings while live frames come: an image costs every service something."""
_PATIENCE_S = 1.0
"""After so long one begins also where no gap is as long as it needs."""
_FIRST_TAKES_S = 0.03
_SHARE_OF_LATEST = 1 / 8


class Gaps(Generic[_T]):
    """Works on what waits while nothing live does: all at a time, or few while live frames come.

    Those begin one at a time, some to the second, just when live frames are done with and the next
    isn't expected before the image is: it finds nobody at something else. Where frames come too
    close for that, one begins now and then all the same, and soon ends.

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
        self._live_until_s = self._moment_until_s = self._rests_until_s = clock_s()
        self._patient_until_s = self._rests_until_s
        self._takes_s = _FIRST_TAKES_S
        self._rhythm = Rhythm()
        self._changed = asyncio.Event()

    def came(self, lane: int) -> None:
        """Take note of a live frame, which is told of by `live` as well."""
        self._rhythm.came(lane, self._clock_s())

    async def put(self, item: _T) -> None:
        """Let an item wait for a gap."""
        if len(self._waiting) >= self._room:
            await self._overflow(self._waiting.popleft())
        self._waiting.append(item)
        self._changed.set()

    def live(self, frames: int) -> None:
        """Take note of how many live frames wait or are worked on now."""
        self._live = frames
        now_s = self._clock_s()
        self._live_until_s = now_s + _LIVE_S
        self._moment_until_s = now_s + _MOMENT_S
        self._changed.set()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                # Nobody tells that no frame comes any more.
                until_s = self._live_for_s() if self._waiting else 0.0
                with suppress(TimeoutError):
                    async with asyncio.timeout(until_s or None):
                        await self._changed.wait()
                self._changed.clear()
                while self._waiting and self._is_gap():
                    self._under_way += 1
                    now_s = self._clock_s()
                    self._rests_until_s = now_s + _REST_S
                    self._patient_until_s = now_s + _PATIENCE_S
                    group.create_task(self._work_on(self._waiting.popleft()))

    def _is_gap(self) -> bool:
        if self._live > 0:
            return False
        if self._live_for_s() == 0:
            return self._under_way < self._at_once
        now_s = self._clock_s()
        if self._under_way or not self._rests_until_s <= now_s < self._moment_until_s:
            return False
        fits = self._rhythm.next_in_s(now_s) >= self._takes_s
        return fits or now_s >= self._patient_until_s

    def _live_for_s(self) -> float:
        """Return for how long another live frame is expected."""
        return max(0.0, self._live_until_s - self._clock_s())

    async def _work_on(self, item: _T) -> None:
        begun_s, is_beside = self._clock_s(), self._live_for_s() > 0
        try:
            await self._work(item)
        finally:
            self._under_way -= 1
            if is_beside:
                self._takes_s += _SHARE_OF_LATEST * (self._clock_s() - begun_s - self._takes_s)
            self._changed.set()
