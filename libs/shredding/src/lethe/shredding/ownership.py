"""Who owns which camera, as the holders' own tickets say."""

from dataclasses import dataclass

from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyTicket, Role

_FRESH_US = 1_400_000
_WAITS_US = 400_000
"""A ticket that waited for longer isn't granted any more: its holder is about to give it up."""


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


class Holders:
    """The newest ticket of every holder. Tickets that go back in sequence are refused.

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
        self._last: dict[HolderName, KeyTicket] = {}

    def hear(self, heard: HeardTicket) -> bool:
        """Take a ticket; tell whether it is new.

        A replayed ticket has an old sequence, or a boot that is over: a boot is over when
        another with a later start was heard from the same instance.
        """
        ticket = heard.ticket
        name = holder_name(ticket)
        before = self._last.get(name)
        if before is not None and not _succeeds(ticket, before):
            return False
        self._last[name] = ticket
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

    def use(self, heard: HeardTicket) -> None:
        """Mark a ticket as granted: no second grant will go to it."""
        self._unused.discard(holder_name(heard.ticket))


def _term(alert: HeardTicket) -> int:
    return alert.ticket.transit.term if alert.ticket.transit is not None else 0


def _succeeds(ticket: KeyTicket, before: KeyTicket) -> bool:
    if ticket.boot == before.boot:
        return ticket.sequence > before.sequence
    if ticket.started is None or before.started is None:
        return False
    return ticket.started.since_us(before.started) > 0
