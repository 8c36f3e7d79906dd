"""Closed slots whose faces a log has to count yet: when it must, and when it may leave them out."""

from lethe.receipts.errors import Refuted

COUNTED_WITHIN_MS = 120_000
"""A closing must be counted before its log goes on for longer than this."""

LEFT_OUT_WITHIN_MS = 61_000
"""Nor may it be left out by the end of a term that comes later: faces are counted by the minute,
and a second passes at most before they are."""


class Uncounted:
    """Of one log.

    Attributes
    ----------
    slots
        How many there are, by deployment.
    """

    def __init__(self) -> None:
        self.slots: dict[str, int] = {}
        self._since_ms: dict[str, int] = {}

    def close(self, deployment: str, at_ms: int) -> None:
        """Take a closing."""
        self.slots[deployment] = self.slots.get(deployment, 0) + 1
        self._since_ms.setdefault(deployment, at_ms)

    def count(self, deployment: str) -> int:
        """Return how many slots of a deployment have to be counted now; none of them is left."""
        self._since_ms.pop(deployment, None)
        return self.slots.pop(deployment, 0)

    def require_in_time(self, at_ms: int) -> None:
        """Raise `Refuted` if a log that goes on has left something uncounted for too long."""
        deployment, age_ms = self._oldest(at_ms)
        if age_ms > COUNTED_WITHIN_MS:
            raise Refuted(f"slots of {deployment} were closed and not counted for two minutes")

    def require_may_end(self, at_ms: int) -> None:
        """Raise `Refuted` if the end of a term leaves out what a minute is over for."""
        deployment, age_ms = self._oldest(at_ms)
        if age_ms > LEFT_OUT_WITHIN_MS:
            raise Refuted(f"closed slots of {deployment} aren't counted")

    def _oldest(self, at_ms: int) -> tuple[str, int]:
        # They are in the order of their times: the first is the oldest.
        deployment, since_ms = next(iter(self._since_ms.items()), ("", at_ms))
        return deployment, at_ms - since_ms
