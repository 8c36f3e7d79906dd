"""Ctrl-C and its relatives: the first asks for an orderly end, the second kills."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from lethe.cli.errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Result = TypeVar("Result")


class StopRequest:
    """Whether somebody asked the run to end."""

    def __init__(self) -> None:
        self._requested = asyncio.Event()
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
        self._requested.set()

    async def wait(self, timeout_s: float) -> bool:
        """Wait for a request, at most `timeout_s` seconds; tell whether there was one."""
        if self.is_requested:
            return True
        try:
            await asyncio.wait_for(self._requested.wait(), max(timeout_s, 0.0))
        except TimeoutError:
            return False
        return True

    async def during(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do some work that a request breaks off.

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
                raise Interrupted("ended before the watching began")
            return task.result()
        finally:
            for each in (task, asked):
                each.cancel()
            await asyncio.gather(task, asked, return_exceptions=True)
