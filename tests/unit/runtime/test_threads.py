"""Blocking work off the loop: so many at a time, so many waiting, no more."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from tests.support.brokers import eventually

from lethe.runtime.threads import Threads, run_apart

_LONG_S = 20.0


class Work:
    """Calls that block until they are let go, and how many of them ran at a time."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self._lock = threading.Lock()
        self.running = self.most = self.ended = 0

    def __call__(self, number: int, *, plus: int = 0) -> int:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        assert self.gate.wait(_LONG_S)
        with self._lock:
            self.running -= 1
            self.ended += 1
        return number + plus


@pytest.fixture(name="threads")
async def threads_() -> AsyncIterator[Threads]:
    threads = Threads("test", 2, waiting=3)
    yield threads
    threads.close()


async def test_no_more_calls_run_than_there_are_threads_and_all_get_their_result(
    threads: Threads,
) -> None:
    work = Work()
    calls = [asyncio.create_task(threads.run(work, n, plus=100)) for n in range(12)]
    await eventually(lambda: work.running == 2)
    # Two run and three wait in the pool; seven wait without taking anything of it.
    assert threads._pool._work_queue.qsize() == 3
    work.gate.set()
    assert await asyncio.gather(*calls) == [n + 100 for n in range(12)]
    assert (work.most, work.ended) == (2, 12)


async def test_an_exception_reaches_the_caller_and_frees_its_place(threads: Threads) -> None:
    def failing() -> None:
        raise LookupError

    for _ in range(8):
        with pytest.raises(LookupError):
            await threads.run(failing)
    assert await threads.run(lambda: 1) == 1


async def test_a_caller_that_is_cancelled_frees_its_place(threads: Threads) -> None:
    work = Work()
    calls = [asyncio.create_task(threads.run(work, n)) for n in range(5)]
    await eventually(lambda: work.running == 2)
    last = asyncio.create_task(threads.run(work, 5))
    for call in calls[2:]:
        call.cancel()
    assert all(
        isinstance(end, asyncio.CancelledError)
        for end in await asyncio.gather(*calls[2:], return_exceptions=True)
    )
    work.gate.set()
    assert await asyncio.gather(*calls[:2], last) == [0, 1, 5]
    assert work.ended == 3


async def test_a_caller_that_is_cancelled_waits_for_the_thread_that_has_what_it_lent() -> None:
    threads, work = Threads("test", 1), Work()
    caller = asyncio.create_task(threads.run(work, 1))
    await eventually(lambda: work.running == 1)
    for _ in range(3):
        caller.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert not caller.done()
    work.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert work.ended == 1
    threads.close()


async def test_closing_waits_for_what_runs_and_drops_what_waits() -> None:
    threads, work = Threads("test", 1), Work()
    calls = [asyncio.create_task(threads.run(work, n)) for n in range(3)]
    await eventually(lambda: work.running == 1)
    closing = asyncio.create_task(asyncio.to_thread(threads.close))
    await eventually(lambda: threads._pool._shutdown)
    assert not closing.done()
    work.gate.set()
    await closing
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert ends[0] == 0
    assert all(isinstance(end, asyncio.CancelledError) for end in ends[1:])
    assert work.ended == 1


async def test_a_call_apart_gives_its_result_or_its_error() -> None:
    assert await run_apart(int, "11", base=2) == 3
    with pytest.raises(ValueError, match="invalid literal"):
        await run_apart(int, "no number")


async def test_a_call_apart_that_hangs_lets_its_caller_go_and_keeps_no_process_alive() -> None:
    work, before = Work(), threading.enumerate()
    calling = asyncio.create_task(run_apart(work, 1))
    await eventually(lambda: work.running == 1)
    [thread] = [each for each in threading.enumerate() if each not in before]
    assert thread.name == "apart"
    assert thread.daemon
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    work.gate.set()
    await asyncio.to_thread(thread.join, _LONG_S)
    assert work.ended == 1
