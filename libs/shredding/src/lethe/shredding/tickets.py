"""The tickets of one holder that wait for their grants."""

from hashlib import sha256

from lethe.contracts.keys import KeyTicket
from lethe.shredding.grants import Outstanding
from lethe.shredding.terms import Life
from lethe.shredding.wrapping import UnwrapKey


class Tickets:
    """Keeps each ticket's private key until it is granted or given up.

    Not thread-safe: its holder locks.

    Attributes
    ----------
    waiting
        By the hash that a grant names.
    """

    def __init__(self, life: Life) -> None:
        self._life = life
        self.waiting: dict[bytes, Outstanding] = {}

    def add(self, ticket: KeyTicket, unwrap_key: UnwrapKey) -> None:
        """Wait for the grant to a ticket."""
        self.waiting[_name(ticket)] = Outstanding(unwrap_key, ticket.sequence, ticket.sent)

    def take(self, ticket_hash: bytes) -> Outstanding | None:
        """Return what a grant needs to be opened, once; None for a ticket that isn't there."""
        return self.waiting.pop(ticket_hash, None)

    def retract(self, ticket: KeyTicket) -> None:
        """Give up a ticket that wasn't sent."""
        self.waiting.pop(_name(ticket), None)

    def give_up(self, now_us: int) -> None:
        """Give up those that no custodian grants to any more."""
        stale = [n for n, t in self.waiting.items() if now_us >= t.stale_us(self._life)]
        for name in stale:
            del self.waiting[name]

    def clear(self) -> None:
        """Give up all of them."""
        self.waiting.clear()

    def stale_deadlines(self) -> list[int]:
        """Return when each is given up, boot clock in microseconds."""
        return [ticket.stale_us(self._life) for ticket in self.waiting.values()]

    def death_deadlines(self) -> list[int]:
        """Return when this process must be dead if it still has one of them."""
        return [ticket.dies_us(self._life) for ticket in self.waiting.values()]


def _name(ticket: KeyTicket) -> bytes:
    return sha256(ticket.encode()).digest()
