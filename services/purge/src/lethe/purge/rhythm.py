"""When purge listens: from when tickets are on their way until it has those that it needs."""

from collections.abc import Callable

from lethe.shredding.clock import Clock

_FIRST_US = 15_000
"""From when tickets are sent until they are likely to be there."""

LAST_US = 300_000
"""What comes later waits for the next ones."""


class Rhythm:
    """Tells how long there is nothing to wait for.

    Holders send tickets at the same moments of the wall clock, and nobody waits for a count: read
    as often, they cost a broker and purge a fraction of what they do read one by one. If clocks
    disagree, tickets wait for the next look, and nothing else happens.

    Parameters
    ----------
    every_ms
        How often tickets are sent.
    served_us
        Tells when keys could last be made for everybody, on the boot clock.
    """

    def __init__(self, clock: Clock, every_ms: int, served_us: Callable[[], int]) -> None:
        self._clock = clock
        self._every_us = every_ms * 1000
        self._served_us = served_us

    def rest_s(self) -> float:
        """Return for how long to rest now, in seconds; 0 while something is waited for."""
        into_us = self._clock.wall_us() % self._every_us
        if into_us < _FIRST_US:
            return (_FIRST_US - into_us) / 1e6
        is_served = self._clock.boot_us() - self._served_us() <= into_us
        if not is_served and into_us < LAST_US:
            return 0.0
        return (self._every_us - into_us + _FIRST_US) / 1e6
