"""The ledger of granted copies: how each key in each holder's hands ended."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyGranted, KeyTicket, Role
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
    held
        When the ticket it was granted to was sent: before there was nothing of it.
    begins
        That, moved on to its slot: nothing was captured under it before.
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
    role: Role
    holder: str
    boot: str
    held: Instant
    begins: Instant
    dies: Instant
    ending: Ending = Ending.OPEN
    destroyed: dict[int, Instant] = field(default_factory=dict)
    closed: Instant | None = None

    def gone(self, number: int) -> Instant | None:
        """Return when a number's key and clear copies were gone, or None while unknown."""
        return self.destroyed.get(number, self.closed)

    def age_us(self, gone: Instant, captured: Instant) -> int:
        """Return how long something of a frame lived in this copy.

        A frame is captured under a key that was granted to a ticket sent before, and as much later
        as its slot begins after its grant. Where holder and camera have clocks of their own, the
        time since then, on the holder's, bounds what their difference makes of the age.
        """
        return min(gone.since_us(captured), gone.since_us(self.begins))

    def can_end(self, at: Instant) -> bool:
        """Tell whether something of it can have ended at a moment.

        Nothing ends before there is any of it: whoever says so isn't believed, and the copy counts
        until its deadline. Who says too late a moment is: that speaks against them.
        """
        return self.held.boot_id != at.boot_id or at.boot_us >= self.held.boot_us

    def close(self, at: Instant, ending: Ending) -> None:
        """Note the end."""
        self.closed = at
        self.ending = ending


_KNOWN_US = 120_000_000
"""How long a grant is known as heard, well over what any slot stays open; an older one is refused.

A broker may deliver grants again at any time; taken for new, one would open its slot twice.
"""

_SlotName = tuple[str, str]
_HolderName = tuple[Role, str]


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
        self._open: dict[_HolderName, dict[int, Copy]] = {}
        self._sent: dict[tuple[_HolderName, str, int], Instant] = {}
        self._granted: dict[tuple[str, _HolderName], Instant] = {}
        self._left: dict[tuple[_HolderName, str], Instant] = {}
        self.endings = dict.fromkeys(Ending, 0)

    def grant(self, granted: KeyGranted, now: Instant) -> bool:
        """Open a copy for every key of a grant; tell whether it wasn't heard before."""
        holder = (granted.role, granted.holder)
        if (granted.slot, holder) in self._granted or now.since_us(granted.made) > _KNOWN_US:
            return False
        self._granted[granted.slot, holder] = granted.made
        sent = self._sent.get((holder, granted.boot, granted.ticket_sequence))
        # A ticket not heard (this ledger began later) was sent before the making at any rate.
        held = sent or granted.made
        lives: dict[int, tuple[Instant, Instant]] = {}
        for key in granted.keys:
            if key.after_ms not in lives:
                begins_us = held.boot_us + key.after_ms * 1000
                ends_us = begins_us + self._budget_us
                lives[key.after_ms] = held.shifted_to(begins_us), held.shifted_to(ends_us)
            begins, dies = lives[key.after_ms]
            named = (key.slot, key.lane, key.purpose)
            copy = Copy(*named, *holder, granted.boot, held, begins, dies)
            self._slots.setdefault((key.slot, key.lane), []).append(copy)
            self._open.setdefault(holder, {})[id(copy)] = copy
            self.endings[Ending.OPEN] += 1
            left = self._left.get((holder, granted.boot))
            if left is not None:
                # Granted while its holder's goodbye was under way: nobody could open it.
                self._end(copy, left, Ending.ACKNOWLEDGED)
        return True

    def hear(self, ticket: KeyTicket) -> None:
        """Take from a ticket what its holder destroyed, and what its coming proves."""
        holder = (ticket.role, ticket.instance_id)
        self._sent[holder, ticket.boot, ticket.sequence] = ticket.sent
        self._acknowledge(holder, ticket)
        if ticket.leaving:
            self._left[holder, ticket.boot] = ticket.sent
        for copy in list(self._open.get(holder, {}).values()):
            if copy.boot != ticket.boot:
                # A ticket of an earlier run, delivered late, says nothing about a later one.
                if (ticket.started or ticket.sent).since_us(copy.held) > 0:
                    self._end(copy, _death(copy, ticket), Ending.DEAD)
            elif ticket.leaving:
                self._end(copy, ticket.sent, Ending.ACKNOWLEDGED)
            elif ticket.sent.since_us(copy.dies) > 0:
                self._end(copy, copy.dies, Ending.LAPSED)

    def _acknowledge(self, holder: _HolderName, ticket: KeyTicket) -> None:
        """Take what the holder says of its own copies; of another run's it can't know."""
        for entry in ticket.destroyed:
            for copy in self._slots.get((entry.slot, entry.lane), []):
                owner = (copy.role, copy.holder), copy.boot, copy.purpose
                if owner != (holder, ticket.boot, entry.purpose):
                    continue
                for number, at_us in zip(entry.numbers, entry.at_boot_us, strict=False):
                    destroyed = ticket.sent.shifted_to(at_us)
                    if copy.can_end(destroyed):
                        copy.destroyed.setdefault(number, destroyed)
                if entry.closed_at_boot_us is not None:
                    closed = ticket.sent.shifted_to(entry.closed_at_boot_us)
                    if copy.can_end(closed):
                        self._end(copy, closed, Ending.ACKNOWLEDGED)

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
        # What is dated ahead of its time isn't kept until then.
        self._sent = {n: at for n, at in self._sent.items() if abs(now.since_us(at)) < keep_us}
        self._left = {n: at for n, at in self._left.items() if abs(now.since_us(at)) < keep_us}
        self._granted = {
            name: made for name, made in self._granted.items() if now.since_us(made) <= _KNOWN_US
        }
        for name, copies in list(self._slots.items()):
            if all(c.closed is not None and now.since_us(c.closed) > keep_us for c in copies):
                del self._slots[name]

    def _end(self, copy: Copy, at: Instant, ending: Ending) -> None:
        if copy.ending is not Ending.OPEN:
            return
        copy.close(at, ending)
        self._open.get((copy.role, copy.holder), {}).pop(id(copy), None)
        self.endings[Ending.OPEN] -= 1
        self.endings[ending] += 1


def _death(copy: Copy, ticket: KeyTicket) -> Instant:
    """Return the latest moment at which a dead process can have held a copy.

    Its exit as its supervisor saw it, or the start of the next process; but never later than the
    copy's own deadline, at which the kernel would have killed it.
    """
    before = ticket.predecessor
    if before is not None and before.boot == copy.boot:
        seen = before.exited
    else:
        seen = ticket.started or ticket.sent
    is_within = seen.since_us(copy.held) >= 0 and copy.dies.since_us(seen) > 0
    return seen if is_within else copy.dies
