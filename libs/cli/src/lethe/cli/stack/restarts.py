"""When a process that ended is started again, and when it is given up."""

from collections import deque

RESTART_LIMIT = 5
WINDOW_S = 60.0
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 2.0


class RestartBudget:
    """Five restarts a minute, each after a longer pause.

    Parameters
    ----------
    limit
        Restarts allowed within the window; 0 for a process that is never started again.
    """

    def __init__(self, limit: int = RESTART_LIMIT, window_s: float = WINDOW_S) -> None:
        self._limit = limit
        self._window_s = window_s
        self._spent: deque[float] = deque()
        self.total = 0

    def delay_s(self, now_s: float) -> float | None:
        """Count one end and return the pause before the restart, or None to give up.

        Parameters
        ----------
        now_s
            Seconds of any steady clock.
        """
        while self._spent and now_s - self._spent[0] >= self._window_s:
            self._spent.popleft()
        if len(self._spent) >= self._limit:
            return None
        delay = min(FIRST_DELAY_S * 2.0 ** len(self._spent), LONGEST_DELAY_S)
        self._spent.append(now_s)
        self.total += 1
        return delay
