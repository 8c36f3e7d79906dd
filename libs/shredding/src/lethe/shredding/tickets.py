"""The tickets of one holder, from their making to their grant."""

from hashlib import sha256

from lethe.contracts.keys import DestroyedKeys, KeyTicket, Predecessor, Role
from lethe.shredding.clock import Clock, instant
from lethe.shredding.grants import Outstanding
from lethe.shredding.software import own_software
from lethe.shredding.terms import Life, Standing
from lethe.shredding.wrapping import UnwrapKey


class Tickets:
    """Makes tickets, and keeps each one's private key until it is granted or given up.

    Not thread-safe: its holder locks.

    Attributes
    ----------
    waiting
        Those that wait for their grant, by the hash that a grant names.
    """

    def __init__(
        self,
        instance_id: str,
        role: Role,
        boot: str,
        *,
        clock: Clock,
        life: Life,
        predecessor: Predecessor | None,
    ) -> None:
        self._instance_id = instance_id
        self._role = role
        self._boot = boot
        self._clock = clock
        self._life = life
        self._predecessor = predecessor
        self._started = instant(clock)
        self._software = own_software()
        self._sequence = 0
        self.waiting: dict[bytes, Outstanding] = {}

    def issue(
        self, standing: Standing, destroyed: list[DestroyedKeys], *, leaving: bool
    ) -> KeyTicket:
        """Make the next ticket; one that says goodbye has no key, and waits for no grant."""
        self._sequence += 1
        unwrap_key = None if leaving else UnwrapKey.generate()
        ticket = KeyTicket(
            instance_id=self._instance_id,
            role=self._role,
            boot=self._boot,
            sequence=self._sequence,
            sent=instant(self._clock),
            public_key=b"" if unwrap_key is None else unwrap_key.public_key,
            partitions=list(standing.partitions),
            generation=standing.generation,
            enrols=standing.enrols,
            destroyed=destroyed,
            transit=standing.transit,
            predecessor=self._predecessor,
            started=self._started,
            lists=list(standing.lists),
            leaving=leaving,
            model=standing.model,
            software=self._software,
            receipts=standing.receipts,
            audit=standing.audit,
            false_alerts=standing.false_alerts,
            erased_watchlists=list(standing.erased_watchlists),
            looks=list(standing.looks),
        )
        if unwrap_key is not None:
            self.waiting[_name(ticket)] = Outstanding(unwrap_key, ticket.sequence, ticket.sent)
        return ticket

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
