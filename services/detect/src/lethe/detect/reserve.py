"""How much of a frame's life must be left for it to be worth opening."""

from collections.abc import Iterator
from contextlib import contextmanager

from lethe.shredding.clock import Clock

_MOST_MS = 400
_FADING = 0.95
_SHORT_FALL = 1.25


class OpeningReserve:
    """The longest that frames took lately.

    On a busy machine a frame takes several times as long as on an idle one. One that is opened
    too late is cut short and was work for nothing, which leaves the machine no less busy.

    Attributes
    ----------
    ms
        Milliseconds, at most 400: fresh frames are always opened, so that it can fall again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ms = 0

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Take the time of a block; one that is cut short would have taken longer."""
        start_us = self._clock.boot_us()
        share = _SHORT_FALL
        try:
            yield
            share = 1.0
        finally:
            took_ms = (self._clock.boot_us() - start_us) / 1000 * share
            self.ms = int(min(_MOST_MS, max(took_ms, self.ms * _FADING)))
