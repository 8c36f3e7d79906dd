"""Counts of slots of which no grant is known: anybody may have made them up."""

from lethe.contracts.instants import Instant

_GIVEN_UP_US = 60_000_000
"""A grant that is still under way comes long before."""

_MOST = 20_000
"""A thousand cameras whose purge was just replaced have half as many for a moment."""

_SlotName = tuple[str, str]


class Orphans:
    """Since when each such slot is known, by this machine's clock and nobody else's.

    What is told of them waits for a grant, but neither for ever nor in any number: purge must not
    grow by what somebody writes to a topic.
    """

    def __init__(self) -> None:
        self._since: dict[_SlotName, Instant] = {}

    @property
    def are_too_many(self) -> bool:
        """Whether nothing of further ones is kept."""
        return len(self._since) >= _MOST

    def is_over(self, name: _SlotName, now: Instant) -> bool:
        """Tell whether a slot has waited for its grant for long enough; it waits from now on."""
        return now.since_us(self._since.setdefault(name, now)) > _GIVEN_UP_US

    def forget(self, name: _SlotName) -> None:
        """Note that a slot has a grant, or that nothing of it is kept any more."""
        self._since.pop(name, None)
