"""The ledger of granted copies: how each key in each holder's hands ended."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyGranted, KeyTicket
from lethe.contracts.sealed import Purpose


class Ending(StrEnum):
    """How a granted copy ended."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    DEAD = "dead"
    LAPSED = "lapsed"


@dataclass(slots=True)
class Copy:
    """One slot key in one holder's hands.

    Attributes
    ----------
    dies
        When the kernel would have killed the holder if it still held it.
    destroyed
        When each used number's key and last clear copy were destroyed.
    closed
        When nothing was left of it, or the latest moment at which something could have been.
    """

    slot: str
    lane: str
    purpose: Purpose
    holder: str
    boot: str
    dies: Instant
    ending: Ending = Ending.OPEN
    destroyed: dict[int, Instant] = field(default_factory=dict)
    closed: Instant | None = None

    def gone(self, number: int) -> Instant | None:
        """Return when a number's key and clear copies were gone, or None while unknown."""
        return self.destroyed.get(number, self.closed)

    def close(self, at: Instant, ending: Ending) -> None:
        """Note the end."""
        self.closed = at
        self.ending = ending


_SlotName = tuple[str, str]


class CopyLedger:
    """Built from grants and tickets alone, so a standby's ledger equals the leader's.

    Parameters
    ----------
    budget_ms
        T, counted from the ticket a copy was granted to.
    """

    def __init__(self, budget_ms: int) -> None:
        self._budget_us = budget_ms * 1000
        self._slots: dict[_SlotName, list[Copy]] = {}
        self._open: dict[str, dict[int, Copy]] = {}
        self._sent: dict[tuple[str, str, int], Instant] = {}
        self._boots: dict[str, str] = {}
        self.endings = dict.fromkeys(Ending, 0)

    def grant(self, granted: KeyGranted) -> None:
        """Open a copy for every key of a grant."""
        sent = self._sent.get((granted.holder, granted.boot, granted.ticket_sequence))
        # A ticket not heard (this ledger began later) was sent before the making at any rate.
        dies_from = sent or granted.made
        dies = dies_from.shifted_to(dies_from.boot_us + self._budget_us)
        for key in granted.keys:
            copy = Copy(granted.slot, key.lane, key.purpose, granted.holder, granted.boot, dies)
            self._slots.setdefault((granted.slot, key.lane), []).append(copy)
            self._open.setdefault(granted.holder, {})[id(copy)] = copy
            self.endings[Ending.OPEN] += 1

    def hear(self, ticket: KeyTicket) -> None:
        """Take from a ticket what its holder destroyed, and what its coming proves."""
        self._sent[ticket.instance_id, ticket.boot, ticket.sequence] = ticket.sent
        for entry in ticket.destroyed:
            for copy in self._slots.get((entry.slot, entry.lane), []):
                if (copy.holder, copy.purpose) != (ticket.instance_id, entry.purpose):
                    continue
                for number, at_us in zip(entry.numbers, entry.at_boot_us, strict=False):
                    copy.destroyed.setdefault(number, ticket.sent.shifted_to(at_us))
                if entry.closed_at_boot_us is not None:
                    closed = ticket.sent.shifted_to(entry.closed_at_boot_us)
                    self._end(copy, closed, Ending.ACKNOWLEDGED)
        for copy in list(self._open.get(ticket.instance_id, {}).values()):
            if copy.boot != ticket.boot:
                self._end(copy, _death(copy, ticket), Ending.DEAD)
            elif ticket.sent.since_us(copy.dies) > 0:
                self._end(copy, copy.dies, Ending.LAPSED)

    def of(self, slot: str, lane: str) -> list[Copy]:
        """Return the copies of a slot's keys for a camera."""
        return self._slots.get((slot, lane), [])

    def slots(self) -> Iterator[_SlotName]:
        """Iterate over the slots that are still kept."""
        return iter(list(self._slots))

    def drop(self, slot: str, lane: str) -> None:
        """Forget a slot that is settled."""
        self._slots.pop((slot, lane), None)

    def trim(self, now: Instant, keep_us: int) -> None:
        """Forget tickets too old to be granted, and slots whose copies all ended long ago."""
        self._sent = {n: sent for n, sent in self._sent.items() if now.since_us(sent) < keep_us}
        for name, copies in list(self._slots.items()):
            if all(c.closed is not None and now.since_us(c.closed) > keep_us for c in copies):
                del self._slots[name]

    def _end(self, copy: Copy, at: Instant, ending: Ending) -> None:
        if copy.ending is not Ending.OPEN:
            return
        copy.close(at, ending)
        self._open.get(copy.holder, {}).pop(id(copy), None)
        self.endings[Ending.OPEN] -= 1
        self.endings[ending] += 1


def _death(copy: Copy, ticket: KeyTicket) -> Instant:
    """Return the latest moment at which the process that held a copy can have been alive."""
    before = ticket.predecessor
    if before is not None and before.boot == copy.boot:
        return before.exited
    return ticket.started or ticket.sent
