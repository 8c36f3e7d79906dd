"""Ctrl-C and its relatives: the first asks for an orderly end, the second kills.

What follows the first has one deadline, counted from it: each part of the ending gets what is left
of it, so that the parts can't add up to more.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from lethe.cli.errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SETTLED_BY_S = 2.0
"""So long after a Ctrl-C the order has ended and what it left is accounted for, or isn't."""
KILLED_BY_S = 3.7
"""So long after it, services that haven't ended are killed."""
CLOSED_BY_S = 4.0
"""So long after it nothing is waited for any more. The rest of five seconds is for removing the
folder of the run, and for the interpreter's own end."""
Result = TypeVar("Result")


class StopRequest:
    """Whether somebody asked the run to end."""

    def __init__(self) -> None:
        self._requested = asyncio.Event()
        self._at_s = 0.0
        self._hurried: list[Callable[[], None]] = []
        self.on_second: Callable[[], None] = lambda: None

    @property
    def is_requested(self) -> bool:
        """Whether the run is to end."""
        return self._requested.is_set()

    def listen(self) -> None:
        """Take over SIGINT, SIGTERM and SIGHUP for the running loop."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self.request)

    def request(self) -> None:
        """Ask for the end; asked again, for an immediate one."""
        if self._requested.is_set():
            self.on_second()
            return
        self._at_s = asyncio.get_running_loop().time()
        self._requested.set()
        for hurry in self._hurried:
            hurry()

    def left_s(self, by_s: float, otherwise_s: float) -> float:
        """Return how long something may take: until `by_s` after the request, if there was one.

        Parameters
        ----------
        otherwise_s
            What it may take without a request, and at most with one.
        """
        if not self.is_requested:
            return otherwise_s
        gone_s = asyncio.get_running_loop().time() - self._at_s
        return min(max(by_s - gone_s, 0.0), otherwise_s)

    @asynccontextmanager
    async def limit(self, by_s: float, otherwise_s: float) -> AsyncIterator[None]:
        """Break a block off when its time is up, also if the request comes in the middle of it.

        Raises
        ------
        TimeoutError
            If it was broken off.
        """
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        async with asyncio.timeout(self.left_s(by_s, otherwise_s)) as timeout:

            def hurry() -> None:
                left_s = self.left_s(by_s, otherwise_s)
                timeout.reschedule(min(loop.time() + left_s, begun_s + otherwise_s))

            self._hurried.append(hurry)
            try:
                yield
            finally:
                self._hurried.remove(hurry)

    async def wait(self, timeout_s: float) -> bool:
        """Wait for a request, at most `timeout_s` seconds; tell whether there was one."""
        if self.is_requested:
            return True
        try:
            await asyncio.wait_for(self._requested.wait(), max(timeout_s, 0.0))
        except TimeoutError:
            return False
        return True

    async def during(
        self, work: Coroutine[Any, Any, Result], told: str = "ended before the watching began"
    ) -> Result:
        """Do some work that a request breaks off.

        Parameters
        ----------
        told
            What to say then.

        Raises
        ------
        Interrupted
            If the request came before the work was done.
        """
        task = asyncio.create_task(work)
        asked = asyncio.create_task(self._requested.wait())
        try:
            await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Interrupted(told)
            return task.result()
        finally:
            for each in (task, asked):
                each.cancel()
            await asyncio.gather(task, asked, return_exceptions=True)
