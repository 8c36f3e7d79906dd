"""Footage as fast as it goes: a few frames in flight, and nothing dropped.

On a machine that is behind, frames of one's own making would wait for each other until they
expire. So after a late report there is one frame in flight, until a report is in time again.
"""

from threading import Condition

from lethe.contracts.instants import Instant
from lethe.shredding.clock import Clock, instant

_CHECK_S = 0.05
_LATE_SHARE = 0.25
"""Of the budget: what detect and match need themselves fits in, and waiting doesn't."""


class Flow:
    """Thread-safe: the camera's thread waits, the reader of frame reports makes room.

    Parameters
    ----------
    window
        Frames that may be between capture and their report.
    budget_ms
        After this a frame that wasn't reported counts as gone: its keys are.
    """

    def __init__(self, clock: Clock, *, window: int, budget_ms: int) -> None:
        self._clock = clock
        self._window = self._room = window
        self._budget_us = budget_ms * 1000
        self._in_flight: dict[tuple[str, int], Instant] = {}
        self._changed = Condition()
        self._closed = False

    def wait_for_room(self) -> bool:
        """Block until another frame may be captured; False when the flow is closed."""
        with self._changed:
            while not self._closed and len(self._in_flight) >= self._room:
                self._changed.wait(_CHECK_S)
                self._drop_gone()
            return not self._closed

    def pause(self) -> bool:
        """Block for a moment, for a key to come; False when the flow is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed, _CHECK_S / 5)
            return not self._closed

    def captured(self, slot: str, number: int, at: Instant) -> None:
        """Note a frame under way."""
        with self._changed:
            self._in_flight[slot, number] = at

    def reported(self, slot: str, number: int) -> None:
        """Note a frame's report."""
        with self._changed:
            at = self._in_flight.pop((slot, number), None)
            if at is not None:
                age_us = instant(self._clock).since_us(at)
                self._room = 1 if age_us > _LATE_SHARE * self._budget_us else self._window
            self._changed.notify_all()

    def close(self) -> None:
        """Let the waiting thread go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _drop_gone(self) -> None:
        now = instant(self._clock)
        kept = {n: at for n, at in self._in_flight.items() if now.since_us(at) < self._budget_us}
        if len(kept) < len(self._in_flight):
            self._room = 1
        self._in_flight = kept
