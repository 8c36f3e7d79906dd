"""Whether a deployment is over, by clocks that agree: its watchlist is erased for it."""

from collections.abc import Callable

from lethe.alert.watchlists.end import OrderedList
from lethe.contracts.instants import Instant

_SETTLED_US = 3_600_000_000
_SLEWED_US = 5_000_000
"""By how much a wall clock that is put right little by little may move between two looks."""


class OverJudge:
    """Believes that a window is over when the wall clock says so, and the boot clock bears it out.

    A wall clock that is stepped far ahead, by a bad time server or a hand, ends no list that is
    searched: whatever is erased for it doesn't come back. Either the boot clock has run from a
    moment inside the window to its end, or the wall clock has gone evenly for an hour.

    Made once per process: what it has seen of the clocks is no leader's own.

    Parameters
    ----------
    now
        The clock of this machine.
    """

    def __init__(self, now: Callable[[], Instant]) -> None:
        self._now = now
        # Since when the wall clock has gone evenly with the boot clock, and how it was last.
        self._even_since = self._last = now()
        self._inside: dict[tuple[str, str], Instant] = {}
        self._over: set[tuple[str, str]] = set()

    def is_over(self, order: OrderedList) -> bool:
        """Tell whether a deployment is over; once it is, it stays so."""
        now = self._look()
        if order.ended_us is not None or order.name in self._over:
            return True
        if now.wall_us < order.ends_at_us:
            self._inside.setdefault(order.name, now)
            return False
        if self._is_settled(now) or self._has_run_out(order, now):
            self._over.add(order.name)
        return order.name in self._over

    def _look(self) -> Instant:
        now, last = self._now(), self._last
        drift_us = (now.wall_us - last.wall_us) - (now.boot_us - last.boot_us)
        if abs(drift_us) > _SLEWED_US:
            self._even_since = now
        self._last = now
        return now

    def _is_settled(self, now: Instant) -> bool:
        return now.boot_us - self._even_since.boot_us >= _SETTLED_US

    def _has_run_out(self, order: OrderedList, now: Instant) -> bool:
        inside = self._inside.get(order.name)
        if inside is None:
            return False
        return now.boot_us - inside.boot_us >= order.ends_at_us - inside.wall_us
