"""The public half of alert's transit key: the only way a crop gets out of the live path."""

from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyTicket, TransitKey

_FRESH_US = 2_000_000


class TransitKeys:
    """The newest transit key that the leading alert announced.

    One that hasn't been announced for two seconds isn't used: alert may be about to destroy it.
    While one of a later term is, an earlier leader that doesn't know yet that it is none isn't
    believed.
    """

    def __init__(self) -> None:
        self._key: TransitKey | None = None
        self._heard: Instant | None = None

    def hear(self, ticket: KeyTicket, received: Instant) -> None:
        """Take what alert's ticket announces."""
        announced, known = ticket.transit, self.current(received)
        if announced is not None and (known is None or announced.term >= known.term):
            self._key, self._heard = announced, received

    def current(self, now: Instant) -> TransitKey | None:
        """Return the key to wrap to, or None while alert can't be rescued to."""
        if self._heard is None or now.since_us(self._heard) > _FRESH_US:
            return None
        return self._key
