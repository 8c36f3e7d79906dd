"""What is shown of a run at one moment."""

from collections import deque
from dataclasses import dataclass, field

from lethe.cli.live.account import Account
from lethe.cli.live.resources import Usage
from lethe.cli.session.api import AlertRecord

RATE_OVER_S = 5.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of a run.

    Attributes
    ----------
    account
        None while no purge answers.
    frames_per_s
        Frames processed per second, over the last few seconds.
    """

    address: str
    running_s: float
    account: Account | None
    frames_per_s: float
    alerts: int
    latest: list[AlertRecord] = field(default_factory=list)
    usages: dict[str, Usage] = field(default_factory=dict)


class Rate:
    """The rate of a counter over the last few seconds."""

    def __init__(self, over_s: float = RATE_OVER_S) -> None:
        self._over_s = over_s
        self._seen: deque[tuple[float, int]] = deque()

    def update(self, at_s: float, count: int) -> float:
        """Take in the counter's value and return its rate per second."""
        if self._seen and count < self._seen[-1][1]:
            # Another purge counts now, from where it began.
            self._seen.clear()
        self._seen.append((at_s, count))
        while len(self._seen) > 1 and at_s - self._seen[0][0] > self._over_s:
            self._seen.popleft()
        first_s, first = self._seen[0]
        return (count - first) / (at_s - first_s) if at_s > first_s else 0.0
