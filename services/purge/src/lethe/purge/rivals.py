"""Keys that somebody else grants while this instance leads: there is one custodian at a time.

Whoever has purge's key could draw keys that he keeps, and grant them to tickets that are waiting:
what is sealed under them he opens for good. Receipts tell nothing of it, and every holder says
that it destroyed its copies. But holders take a grant only for a ticket that they have just sent,
from the topic that purge reads.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

import structlog

from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyGranted
from lethe.contracts.suspension import SuspensionGround
from lethe.purge.accountant import Ground
from lethe.shredding.clock import Clock, instant
from lethe.shredding.ownership import HeardTicket

_V = TypeVar("_V")
_log = structlog.get_logger()

_PATIENCE_US = 10_000_000
"""A leader that was just deposed may not know yet, and what it sent be under way."""

_SILENCE_US = 2_000_000
"""After such a break this instance may have been deposed without having heard of it."""

_MOST = 1_000
"""Some seconds of a hundred holders. Grants to tickets of before are nobody's keys any more."""


class Rivals:
    """Finds grants of others to tickets that were heard just now, while this instance leads.

    Parameters
    ----------
    leads
        Tells whether it does.
    """

    def __init__(self, clock: Clock, leads: Callable[[], bool]) -> None:
        self._clock = clock
        self._leads = leads
        self._since: Instant | None = None
        self._last = instant(clock)
        self._tickets: OrderedDict[bytes, None] = OrderedDict()
        # Of a ticket that is still on its way here.
        self._grants: OrderedDict[bytes, KeyGranted] = OrderedDict()

    def hear_ticket(self, heard: HeardTicket) -> list[Ground]:
        """Take the newest ticket of a holder; return what was found of it."""
        now = instant(self._clock)
        if not self._leads() or now.since_us(self._last) > _SILENCE_US:
            self._since = None
        elif self._since is None:
            self._since = now
        self._last = now
        _remember(self._tickets, heard.ticket_hash, None)
        early = self._grants.pop(heard.ticket_hash, None)
        return self._found(early, now) if early is not None else []

    def hear_grant(self, granted: KeyGranted) -> list[Ground]:
        """Take a verified grant that this instance didn't send; return what was found."""
        if granted.ticket_hash in self._tickets:
            return self._found(granted, instant(self._clock))
        _remember(self._grants, granted.ticket_hash, granted)
        return []

    def _found(self, granted: KeyGranted, now: Instant) -> list[Ground]:
        is_heard = now.since_us(self._last) <= _SILENCE_US
        if not (self._since and is_heard and now.since_us(self._since) > _PATIENCE_US):
            return []
        _log.error("keys granted by another custodian", term=granted.term, slot=granted.slot)
        names = {key.deployment_id for key in granted.keys}
        return [Ground(name, granted.slot, SuspensionGround.OTHER_CUSTODIAN) for name in names]


def _remember(known: OrderedDict[bytes, _V], name: bytes, value: _V) -> None:
    known[name] = value
    if len(known) > _MOST:
        known.popitem(last=False)
