"""How often something may be asked for, by somebody or on one connection."""

from collections.abc import Callable, Hashable

_MOST_KEYS = 10_000


class Rates:
    """Lets a burst through and then a steady rate, for every key by itself (GCRA).

    Parameters
    ----------
    per_s
        What is allowed for as long as one likes.
    burst
        What is allowed at once, after a pause.
    clock_s
        A clock that only goes forward, in seconds.
    """

    def __init__(self, per_s: float, burst: int, clock_s: Callable[[], float]) -> None:
        self._apart_s = 1 / per_s
        self._ahead_s = burst / per_s
        self._clock_s = clock_s
        # When each key would be back to a full burst.
        self._full_at_s: dict[Hashable, float] = {}

    def allows(self, key: Hashable) -> bool:
        """Count one more of a key; tell whether that is within what is allowed."""
        now_s = self._clock_s()
        full_at_s = max(self._full_at_s.get(key, now_s), now_s) + self._apart_s
        # A slack for what floating point rounds away.
        if full_at_s - now_s > self._ahead_s + self._apart_s / 1000:
            return False
        self._full_at_s[key] = full_at_s
        if len(self._full_at_s) > _MOST_KEYS:
            self._full_at_s = {k: at_s for k, at_s in self._full_at_s.items() if at_s > now_s}
        return True
