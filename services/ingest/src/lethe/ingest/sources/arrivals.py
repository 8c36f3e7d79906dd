"""When the pictures of a live source arrive, and which of them its cap on the rate leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lethe.ingest.sources.cap import RateCap

if TYPE_CHECKING:
    from collections.abc import Callable


class Arrivals:
    """Times the pictures of a live source over all its connections.

    Parameters
    ----------
    max_fps
        Pictures above this rate are left out; None takes every picture.
    clock
        Monotonic seconds.
    """

    def __init__(self, max_fps: float | None, clock: Callable[[], float]) -> None:
        self._cap = RateCap(max_fps)
        self._clock = clock
        self._begun_s = clock()

    def next_s(self) -> float | None:
        """Return the time of the picture that is here now, in seconds; None if it is left out."""
        now_s = self._clock() - self._begun_s
        return now_s if self._cap.admits(now_s) else None
