"""A holder's side of key traffic: a ticket every slot, grants as they come."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from lethe.contracts.base import InvalidMessage
from lethe.contracts.errors import Erased, LetheError, Refused
from lethe.contracts.keys import GrantedKey, KeyGranted, KeyTicket, Role
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.topic import MessageTopic
from lethe.contracts.topics import KEY_GRANTED
from lethe.shredding.holder import Holder
from lethe.shredding.reaper import Reaper
from lethe.shredding.roster import Roster
from lethe.shredding.signing import Signer
from lethe.shredding.terms import Standing

SLOT_MS = 200
_LAST_LOOK_S = 0.02

Send = Callable[[MessageTopic, str, bytes], Awaitable[None]]
"""Publishes a body under a key; raises `LetheError` when the broker doesn't take it."""


class Observer(Protocol):
    """Is told what happens in key traffic, for metrics and logs."""

    def ticket_failed(self, error: LetheError) -> None:
        """Note that a ticket couldn't be sent."""
        ...

    def grant_refused(self, error: LetheError) -> None:
        """Note that a grant for this holder didn't hold or came too late."""
        ...

    def granted(self, keys: list[GrantedKey]) -> None:
        """Note that keys are in hand."""
        ...


class KeyTraffic:
    """Sends tickets and takes grants for one holder.

    Parameters
    ----------
    standing
        Asked for each ticket: what the holder owns now.
    slots_at_rest
        A ticket is sent once in so many slots while the holder owns nothing, enrols nobody and
        nobody looks at a camera, and what it says besides stays the same: no key will be granted to
        it then.
    """

    def __init__(
        self,
        holder: Holder,
        signer: Signer,
        roster: Roster,
        *,
        ticket_topic: MessageTopic,
        send: Send,
        standing: Callable[[], Standing],
        observer: Observer,
        slot_ms: int = SLOT_MS,
        slots_at_rest: int = 1,
    ) -> None:
        self._holder = holder
        self._signer = signer
        self._roster = roster
        self._topic = ticket_topic
        self._send = send
        self._standing = standing
        self._observer = observer
        self._slot_us = slot_ms * 1000
        self._slots_at_rest = slots_at_rest
        self._rested = 0
        self._said: Standing | None = None
        self._reaper = Reaper(holder)

    async def run(self) -> None:
        """Send a ticket at every slot until cancelled; then say goodbye, holding nothing.

        Tickets go out at the same wall-clock moments everywhere, so that the custodian has the
        owners' tickets together. That is for speed only: no key's life depends on it.
        """
        self._reaper.start()
        try:
            while True:
                now_us = self._holder.clock.wall_us()
                await asyncio.sleep((self._slot_us - now_us % self._slot_us) / 1e6)
                standing = self._standing()
                if self._is_due(standing):
                    await self._send_ticket(self._holder.issue_ticket(standing))
        finally:
            self._reaper.stop()
            if await self._holds_nothing_in_time():
                await self._send_ticket(self._holder.issue_ticket(Standing(), leaving=True))

    def on_grant(self, key: str, body: bytes) -> None:
        """Take a record of the grants topic; others' grants are passed over unread."""
        if key != self._holder.instance_id:
            return
        try:
            envelope = SignedEnvelope.decode(body)
            now_us = self._holder.clock.wall_us()
            self._roster.check(envelope, KEY_GRANTED.name, (Role.PURGE,), now_us)
            held = self._holder.accept(KeyGranted.decode(envelope.payload))
        except (Refused, Erased, InvalidMessage) as error:
            self._observer.grant_refused(error)
        else:
            self._observer.granted(held)

    def _is_due(self, standing: Standing) -> bool:
        # How far receipts and audit have got changes all the time, and nobody waits for it.
        said = replace(standing, receipts=None, audit=None)
        needs_keys = bool(standing.partitions or standing.looks) or standing.enrols
        self._rested += 1
        if not needs_keys and said == self._said and self._rested < self._slots_at_rest:
            return False
        self._said, self._rested = said, 0
        return True

    async def _holds_nothing_in_time(self) -> bool:
        """Wait for the last clear copies; a process that keeps one must not say goodbye."""
        clock = self._holder.clock
        until_us = clock.boot_us() + self._holder.life.budget_ms * 1000
        while not self._holder.holds_nothing():
            if clock.boot_us() >= until_us:
                return False
            await asyncio.sleep(_LAST_LOOK_S)
        return True

    async def _send_ticket(self, ticket: KeyTicket) -> None:
        envelope = self._signer.sign(self._topic.name, ticket.encode())
        try:
            await self._send(self._topic, self._holder.instance_id, envelope.encode())
        except LetheError as error:
            self._holder.retract(ticket)
            self._observer.ticket_failed(error)
