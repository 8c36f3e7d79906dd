"""When the next live frame is expected, by how they have come so far."""

import math
from collections import deque

_REMEMBERED = 4
_FORGOTTEN_S = 2.0
"""A lane of which nothing has come for so long is expected no longer."""


class Rhythm:
    """Cameras keep time: the shortest of a lane's last intervals is when its next frame may come.

    Where several cameras share a lane that is soon after each of them, which errs on the side of
    the frames.
    """

    def __init__(self) -> None:
        self._last_s: dict[int, float] = {}
        self._intervals_s: dict[int, deque[float]] = {}

    def came(self, lane: int, now_s: float) -> None:
        """Take note of a frame."""
        before_s = self._last_s.get(lane)
        if before_s is None or now_s - before_s > _FORGOTTEN_S:
            self._intervals_s[lane] = deque(maxlen=_REMEMBERED)
        else:
            self._intervals_s[lane].append(now_s - before_s)
        self._last_s[lane] = now_s

    def next_in_s(self, now_s: float) -> float:
        """Return for how long no frame is expected: 0 where it isn't known or one is overdue."""
        live = [lane for lane, last_s in self._last_s.items() if now_s - last_s <= _FORGOTTEN_S]
        return min((self._due_in_s(lane, now_s) for lane in live), default=math.inf)

    def _due_in_s(self, lane: int, now_s: float) -> float:
        shortest_s = min(self._intervals_s[lane], default=0.0)
        return max(0.0, self._last_s[lane] + shortest_s - now_s)
