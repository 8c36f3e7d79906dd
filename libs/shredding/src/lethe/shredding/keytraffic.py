"""A holder's side of key traffic: a ticket every slot, grants as they come."""

import asyncio
from collections.abc import Awaitable, Callable
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
SLOTS_PER_TICKET = 3
"""A ticket is answered with the keys of so many slots in a row."""

TICKET_MS = SLOT_MS * SLOTS_PER_TICKET
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
    every_ms
        How often a ticket is sent.
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
        every_ms: int = TICKET_MS,
    ) -> None:
        self._holder = holder
        self._signer = signer
        self._roster = roster
        self._topic = ticket_topic
        self._send = send
        self._standing = standing
        self._observer = observer
        self._every_us = every_ms * 1000
        self._reaper = Reaper(holder)

    async def run(self) -> None:
        """Send a ticket for every few slots until cancelled; then say goodbye, holding nothing.

        Tickets go out at the same wall-clock moments everywhere, so that the custodian has the
        owners' tickets together. That is for speed only: no key's life depends on it.
        """
        self._reaper.start()
        try:
            while True:
                now_us = self._holder.clock.wall_us()
                await asyncio.sleep((self._every_us - now_us % self._every_us) / 1e6)
                await self._send_ticket(self._holder.issue_ticket(self._standing()))
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
