"""When purge listens: from when tickets are on their way until it has what a slot needs."""

from collections.abc import Callable

from lethe.shredding.clock import Clock

_FIRST_US = 15_000
"""From the beginning of a slot until its tickets are likely to be there."""

_LAST_US = 120_000
"""What comes later in a slot waits for the next one."""


class Rhythm:
    """Tells how long there is nothing to wait for.

    Holders send tickets at the same moments of the wall clock, and nobody waits for a count: read
    once a slot, they cost a broker and purge a fraction of what they do read one by one. If clocks
    disagree, tickets wait for the next look, and nothing else happens.

    Parameters
    ----------
    served_us
        Tells when keys could last be made for everybody, on the boot clock.
    """

    def __init__(self, clock: Clock, slot_ms: int, served_us: Callable[[], int]) -> None:
        self._clock = clock
        self._slot_us = slot_ms * 1000
        self._served_us = served_us

    def rest_s(self) -> float:
        """Return for how long to rest now, in seconds; 0 while something is waited for."""
        into_us = self._clock.wall_us() % self._slot_us
        if into_us < _FIRST_US:
            return (_FIRST_US - into_us) / 1e6
        is_served = self._clock.boot_us() - self._served_us() <= into_us
        if not is_served and into_us < _LAST_US:
            return 0.0
        return (self._slot_us - into_us + _FIRST_US) / 1e6
