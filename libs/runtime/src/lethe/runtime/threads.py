"""Blocking work off the event loop, bounded."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Threads:
    """A fixed number of worker threads with a bounded number of waiting calls.

    Parameters
    ----------
    count
        Threads.
    waiting
        Calls that may wait beside those running; further callers wait without a thread.
    """

    def __init__(self, name: str, count: int, *, waiting: int = 4) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)
        self._room = asyncio.Semaphore(count + waiting)

    async def run(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run a blocking call in a worker thread and return its result."""
        async with self._room:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, lambda: call(*args, **kwargs))

    def close(self) -> None:
        """Let running calls end, drop waiting ones."""
        self._pool.shutdown(wait=True, cancel_futures=True)
