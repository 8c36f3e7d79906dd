"""Which model packs detect works with, as its tickets say: templates of two are never compared."""

from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyTicket, Role
from lethe.contracts.sealed import ENROLMENT_LANE
from lethe.contracts.topic import partition_for
from lethe.shredding.ownership import HeardTicket, Holders

_FRESH_US = 5_000_000
"""An instance that is hung or restarted isn't gone yet: what is dropped for it is made anew."""


class PacksInUse:
    """Knows the packs of the instances of detect, by their digests."""

    def __init__(self) -> None:
        self._holders = Holders(_FRESH_US)

    def hear(self, ticket: KeyTicket, received: Instant) -> None:
        """Take a ticket of detect whose signature holds."""
        self._holders.hear(HeardTicket(ticket, b"", received))

    def all(self, now: Instant) -> frozenset[str]:
        """Return the packs that some instance works with."""
        return frozenset(h.ticket.model for h in self._holders.of_role(Role.DETECT, now))

    def enrolling(self, now: Instant) -> str | None:
        """Return the pack that references are made with; None while that isn't known.

        While nobody owns the lane, as between two owners, it is what all work with.
        """
        owner = self._holders.owner(Role.DETECT, partition_for(ENROLMENT_LANE), now)
        if owner is not None:
            return owner.ticket.model
        packs = self.all(now)
        return next(iter(packs)) if len(packs) == 1 else None
