"""Blocking work off the event loop: bounded, or apart where it may hang."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
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
        """Run a blocking call in a worker thread and return its result.

        A caller who is cancelled leaves a call that waits, and waits for one that runs: what was
        lent to it is overwritten afterwards, and the thread may have made copies of it till then.
        """
        async with self._room:
            running = self._pool.submit(lambda: call(*args, **kwargs))
            try:
                return await asyncio.wrap_future(running)
            except asyncio.CancelledError:
                await _ended(running)
                raise

    def close(self) -> None:
        """Let running calls end, drop waiting ones."""
        self._pool.shutdown(wait=True, cancel_futures=True)


async def _ended(running: "Future[_T]") -> None:
    """Wait for a call's end, however often the waiting is cancelled; one that waits is dropped."""
    loop, end = asyncio.get_running_loop(), asyncio.Event()
    running.cancel()
    running.add_done_callback(lambda _: loop.call_soon_threadsafe(end.set))
    while not end.is_set():
        try:
            await end.wait()
        except asyncio.CancelledError:
            continue


async def run_apart(call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Run a call that may hang in a thread of its own and return its result.

    Nothing else waits for that thread: no other call, and not the end of the process.
    """
    outcome: Future[_T] = Future()
    # Running from the start, so that a caller who is cancelled leaves the thread to end alone.
    outcome.set_running_or_notify_cancel()

    def settle() -> None:
        try:
            outcome.set_result(call(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it is the caller's
            outcome.set_exception(error)

    Thread(target=settle, name="apart", daemon=True).start()
    return await asyncio.wrap_future(outcome)
