"""How long a live source has been silent, and whether that is longer than it usually is."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_INTERVALS = 2.5
"""A camera that sends a picture every second is not silent after half a second."""

_REMEMBERED = 2
"""The shorter of the last two intervals is the camera's pace: the longer may have been a stall."""


class Silence:
    """Measures the time since the last picture.

    Parameters
    ----------
    stall_s
        The least silence that is a stall, and after which pictures are forgotten; None where
        silence is normal.
    clock
        Monotonic seconds.
    """

    def __init__(self, stall_s: float | None, clock: Callable[[], float]) -> None:
        self._stall_s = stall_s
        self._clock = clock
        self._last_s = clock()
        self._intervals_s: deque[float] = deque(maxlen=_REMEMBERED)
        self._has_heard = False

    def begin(self) -> None:
        """Begin anew: the source was just opened."""
        self._last_s = self._clock()
        self._intervals_s.clear()
        self._has_heard = False

    def heard(self) -> None:
        """Note a picture."""
        now_s = self._clock()
        # What a first picture takes says nothing about the camera's pace.
        if self._has_heard:
            self._intervals_s.append(now_s - self._last_s)
        self._last_s, self._has_heard = now_s, True

    def is_silent(self) -> bool:
        """Tell whether nothing of what came last may be held any longer, at whatever pace."""
        return self._stall_s is not None and self._clock() - self._last_s > self._stall_s

    def is_stall(self) -> bool:
        """Tell whether the source has stalled: it is silent for longer than it usually is."""
        usual_s = min(self._intervals_s, default=0.0)
        return self.is_silent() and self._clock() - self._last_s > _INTERVALS * usual_s
