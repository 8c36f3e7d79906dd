"""Processor time of chosen functions, counted on the thread that runs them."""

import functools
import sys
import threading
import time
import types
from collections import Counter
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

_CALLS = ""
_CALIBRATION = "calibration"
_CALIBRATION_CALLS = 10_000


@dataclass(slots=True)
class _Stretch:
    """What a thread is at, and since when nothing inner interrupted it."""

    part: str
    since_ns: int


class Meter:
    """Adds up nanoseconds by part. What an inner part takes isn't counted to the outer one.

    Parameters
    ----------
    clock_ns
        Tells the processor time that the calling thread has used.
    """

    def __init__(self, clock_ns: Callable[[], int] = time.thread_time_ns) -> None:
        self._clock_ns = clock_ns
        self._own = threading.local()
        self._counts: list[Counter[str]] = []

    @contextmanager
    def counting(self, part: str) -> Iterator[None]:
        """Count what the block takes to a part."""
        self._begin(part)
        try:
            yield
        finally:
            self._end()

    def seconds(self, part: str) -> float:
        """Return what all threads together have taken for a part."""
        return sum(counts[part] for counts in list(self._counts)) / 1e9

    @property
    def calls(self) -> int:
        """How often something was counted: each time costs as much as an empty call."""
        return sum(counts[_CALLS] for counts in list(self._counts))

    def call(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that counts every call."""

        @functools.wraps(function)
        def counted(*args: Any, **kwargs: Any) -> Any:
            self._begin(part)
            try:
                return function(*args, **kwargs)
            finally:
                self._end()

        return counted

    def coroutine(
        self, part_of: Callable[..., str | None], function: Callable[..., Coroutine[Any, Any, Any]]
    ) -> Callable[..., Any]:
        """Return a coroutine function of which every step is counted, and no waiting.

        Parameters
        ----------
        part_of
            Given the arguments, tells the part; None for a call that isn't counted.
        """

        @functools.wraps(function)
        async def counted(*args: Any, **kwargs: Any) -> Any:
            part = part_of(*args, **kwargs)
            if part is None:
                return await function(*args, **kwargs)
            return await self._stepped(part, function(*args, **kwargs))

        return counted

    def context(
        self, part: str, function: Callable[..., AbstractContextManager[Any]]
    ) -> Callable[..., AbstractContextManager[Any]]:
        """Return a context manager whose beginning and end are counted, and not its block."""

        @functools.wraps(function)
        @contextmanager
        def counted(*args: Any, **kwargs: Any) -> Iterator[Any]:
            manager = function(*args, **kwargs)
            with self.counting(part):
                value = manager.__enter__()
            try:
                yield value
            except BaseException:
                with self.counting(part):
                    swallowed = manager.__exit__(*sys.exc_info())
                if not swallowed:
                    raise
            else:
                with self.counting(part):
                    manager.__exit__(None, None, None)

        return counted

    @types.coroutine
    def _stepped(self, part: str, steps: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        step: Callable[[], Any] = functools.partial(steps.send, None)
        while True:
            try:
                with self.counting(part):
                    awaited = step()
            except StopIteration as done:
                return done.value
            try:
                step = functools.partial(steps.send, (yield awaited))
            except BaseException as error:  # noqa: BLE001 - it is the coroutine's, cancelling too
                step = functools.partial(steps.throw, error)

    def cost_s(self) -> float:
        """Return the processor time of counting once, beside what is counted."""
        empty = self.call(_CALIBRATION, lambda: None)
        begun_ns = self._clock_ns()
        for _ in range(_CALIBRATION_CALLS):
            empty()
        return (self._clock_ns() - begun_ns) / _CALIBRATION_CALLS / 1e9

    def _begin(self, part: str) -> None:
        counts, under_way = self._of_thread()
        now_ns = self._clock_ns()
        if under_way:
            outer = under_way[-1]
            counts[outer.part] += now_ns - outer.since_ns
        under_way.append(_Stretch(part, now_ns))
        counts[_CALLS] += 1

    def _end(self) -> None:
        counts, under_way = self._of_thread()
        now_ns = self._clock_ns()
        ended = under_way.pop()
        counts[ended.part] += now_ns - ended.since_ns
        if under_way:
            under_way[-1].since_ns = now_ns

    def _of_thread(self) -> tuple[Counter[str], list[_Stretch]]:
        own = self._own
        if not hasattr(own, "counts"):
            own.counts, own.under_way = Counter(), []
            self._counts.append(own.counts)
        return own.counts, own.under_way
