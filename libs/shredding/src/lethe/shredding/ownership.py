"""Who owns which camera, as the holders' own tickets say."""

from dataclasses import dataclass

from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyTicket, Role

_FRESH_US = 1_400_000
_WAITS_US = 400_000
"""A ticket that waited for longer isn't granted any more: its holder is about to give it up."""

_FORGET_US = 60_000_000
"""Long after a ticket is too old to be granted to."""

MOST_HOLDERS = 1_000
"""Whoever has the key of a role can make up names of instances without end."""


@dataclass(frozen=True, slots=True)
class HeardTicket:
    """A ticket whose signature holds, as it was received."""

    ticket: KeyTicket
    ticket_hash: bytes
    received: Instant


HolderName = tuple[Role, str]
"""Role and instance: a service that signs for its own role can't stand in for another's holder."""


def holder_name(ticket: KeyTicket) -> HolderName:
    """Return the name under which a ticket's sender is known."""
    return ticket.role, ticket.instance_id


@dataclass(frozen=True, slots=True)
class _Last:
    """How far a holder has got."""

    boot: str
    sequence: int
    started: Instant | None
    received: Instant

    @classmethod
    def of(cls, heard: HeardTicket) -> "_Last":
        ticket = heard.ticket
        return cls(ticket.boot, ticket.sequence, ticket.started, heard.received)

    def is_followed_by(self, heard: HeardTicket) -> bool:
        """Tell whether a ticket comes after this.

        A run that says that it started in times to come had a clock that was ahead: it keeps out
        none that started by now.
        """
        ticket = heard.ticket
        if ticket.boot == self.boot:
            return ticket.sequence > self.sequence
        if ticket.started is None or self.started is None:
            return False
        starts = heard.received.since_us(self.started), heard.received.since_us(ticket.started)
        if starts[0] < 0 <= starts[1]:
            return True
        return ticket.started.since_us(self.started) > 0


class Holders:
    """The newest ticket of every holder. Tickets that go back in sequence are refused.

    Of so many names and no more: a further one has to wait until another was silent for a minute.

    Parameters
    ----------
    fresh_us
        A holder whose last ticket is older counts as gone: two of them didn't come.
    """

    def __init__(self, fresh_us: int = _FRESH_US) -> None:
        self._fresh_us = fresh_us
        self._heard: dict[HolderName, HeardTicket] = {}
        self._unused: set[HolderName] = set()
        # Outlives `forget`: otherwise an older ticket, granted once already, would count as new.
        self._last: dict[HolderName, _Last] = {}

    def hear(self, heard: HeardTicket) -> bool:
        """Take a ticket; tell whether it is new.

        A replayed ticket has an old sequence, or a boot that is over: a boot is over when
        another with a later start was heard from the same instance.
        """
        ticket = heard.ticket
        name = holder_name(ticket)
        before = self._last.get(name)
        if before is not None and not before.is_followed_by(heard):
            return False
        if before is None and not self._has_room(heard.received):
            return False
        # At the end again: the first is whoever was silent the longest.
        self._last.pop(name, None)
        self._last[name] = _Last.of(heard)
        if ticket.leaving:
            self.forget(ticket)
        else:
            self._heard[name] = heard
            self._unused.add(name)
        return True

    def forget(self, ticket: KeyTicket) -> None:
        """Drop a holder that left or whose ticket can't be used."""
        self._heard.pop(holder_name(ticket), None)
        self._unused.discard(holder_name(ticket))

    def owner(self, role: Role, partition: int, now: Instant) -> HeardTicket | None:
        """Return the fresh holder that owns a partition: that of the highest generation.

        None when nobody does, or two claim it in the same generation.
        """
        claims = [h for h in self.of_role(role, now) if partition in h.ticket.partitions]
        if not claims:
            return None
        highest = max(h.ticket.generation for h in claims)
        newest = [h for h in claims if h.ticket.generation == highest]
        return newest[0] if len(newest) == 1 else None

    def of_role(self, role: Role, now: Instant) -> list[HeardTicket]:
        """Return the fresh holders of a role."""
        return [
            heard
            for heard in self._heard.values()
            if heard.ticket.role is role and now.since_us(heard.received) < self._fresh_us
        ]

    def leading_alert(self, now: Instant) -> HeardTicket | None:
        """Return the fresh alert of the highest term: only who leads announces a transit key."""
        alerts = [h for h in self.of_role(Role.ALERT, now) if h.ticket.transit is not None]
        return max(alerts, key=_term, default=None)

    def is_unused(self, heard: HeardTicket, now: Instant) -> bool:
        """Tell whether the holder's newest ticket waits for its grant."""
        waits = now.since_us(heard.received) < _WAITS_US
        return waits and holder_name(heard.ticket) in self._unused

    def has_unused(self, *roles: Role) -> bool:
        """Tell whether of each of some roles a ticket may wait for its grant; cheap to ask."""
        return {role for role, _ in self._unused}.issuperset(roles)

    def use(self, heard: HeardTicket) -> None:
        """Mark a ticket as granted: no second grant will go to it."""
        self._unused.discard(holder_name(heard.ticket))

    def _has_room(self, now: Instant) -> bool:
        """Make room for a name, if whoever was silent the longest was so for a minute."""
        if len(self._last) < MOST_HOLDERS:
            return True
        silent = next(iter(self._last))
        if now.since_us(self._last[silent].received) < _FORGET_US:
            return False
        del self._last[silent]
        self._heard.pop(silent, None)
        self._unused.discard(silent)
        return True


def _term(alert: HeardTicket) -> int:
    return alert.ticket.transit.term if alert.ticket.transit is not None else 0
