"""Leadership: only the owner of one partition makes keys; a standby knows the rest already."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from lethe.contracts.errors import LetheError
from lethe.contracts.keys import KeyGranted, KeyTicket
from lethe.purge.custodian import Custodian
from lethe.purge.rhythm import LAST_US
from lethe.receipts.entries import DEPOSED
from lethe.shredding.clock import Clock
from lethe.shredding.orders import OrderBook
from lethe.shredding.ownership import HeardTicket, HolderName, holder_name
from lethe.shredding.suspensions import Suspensions

_log = structlog.get_logger()
_TOGETHER_S = 0.1
"""So long after the first of some tickets the others are waited for."""

_IDLE_S = 1.0
"""Until a ticket comes there is nothing to make keys for."""

_LOOK_S = 0.2
"""Where there should be a custodian and is none."""

_RETRY_US = 1_000_000
_LONGEST_RETRY_US = 64_000_000
"""Every try is a log of its own: one that never tells of a grant must not fill the disk."""

_LATELY_US = 1_400_000
"""Whoever was silent for longer isn't waited for."""

_SILENCE_US = 3_000_000
"""Every service sends a ticket every few slots."""

Publish = Callable[[KeyGranted], Awaitable[None]]


class Receipts(Protocol):
    """Where every grant is told before it is sent."""

    @property
    def is_full(self) -> bool:
        """Whether another term had better begin."""
        ...

    @property
    def fault(self) -> str | None:
        """Why nothing can be told, whoever found it out; None while it can."""
        ...

    async def begin(self, term: str) -> None:
        """Begin a term, and end the one before.

        Raises
        ------
        LetheError
            If nothing can be told durably.
        """
        ...

    async def tell(self, granted: Sequence[KeyGranted]) -> None:
        """Tell of grants made together; raises as `begin` does, and then none may be sent."""
        ...

    async def end(self, reason: str) -> None:
        """End the term, if there is one."""
        ...


class Memory(Protocol):
    """Where it is kept which orders and suspensions were obeyed."""

    @property
    def is_kept(self) -> bool:
        """Whether all of it is on the disk."""
        ...

    @property
    def fault(self) -> str | None:
        """Why it can't be; None while it can."""
        ...


class Reign:
    """Makes keys while this instance leads, each time with a custodian that inherits nothing.

    Without receipts it makes none: it tries to begin another term after a second, and where that
    begins but tells of no grant either, after twice as long each time. Nor does it make any under
    an order of which a restart would know nothing.

    Attributes
    ----------
    served_us
        When every ticket that was needed was last in hand, on the boot clock; where none was, when
        all who send any had sent theirs.
    """

    def __init__(
        self,
        orders: OrderBook,
        suspensions: Suspensions,
        clock: Clock,
        publish: Publish,
        receipts: Receipts,
        memory: Memory,
    ) -> None:
        self._orders = orders
        self._suspensions = suspensions
        self._clock = clock
        self._publish = publish
        self._receipts = receipts
        self._memory = memory
        self._custodian: Custodian | None = None
        self._heard_one = asyncio.Event()
        self._ready = asyncio.Event()
        self._turn = asyncio.Lock()
        self._leads = False
        self._fault: str | None = None
        self._tried_us = 0
        self._retry_us = _RETRY_US
        self._heard_us: int | None = None
        self._heard_of: dict[HolderName, int] = {}
        self._refused: dict[str, str] = {}
        self.served_us = 0

    @property
    def standstill(self) -> str | None:
        """Why nobody gets keys at present, as far as this instance can tell; None otherwise."""
        fault = self._fault or self._memory.fault
        if self._leads and fault is not None:
            return fault
        if self._heard_us is not None and self._clock.boot_us() - self._heard_us > _SILENCE_US:
            return "no service is heard over the broker; does it run, and has its disk room?"
        if self._custodian is not None and (lacking := self._custodian.lacking()):
            return (
                f"match doesn't hold the watchlist of {lacking}, enrolled with the model pack that "
                "detect works with; once it does, capturing goes on"
            )
        if self._refused and not self._orders.live_orders(self._clock.wall_us()):
            return next(iter(self._refused.values()))
        return None

    def refuse(self, deployment_id: str, reason: str) -> None:
        """Note why nothing is granted under an order, until it is obeyed or has ended."""
        _log.error("order refused", deployment_id=deployment_id, reason=reason)
        self._refused[deployment_id] = reason

    def obey(self, deployment_id: str) -> None:
        """Note that an order is obeyed, or that it has ended."""
        self._refused.pop(deployment_id, None)
        # There may be tickets in hand that nothing could be granted to.
        self._heard_one.set()

    @property
    def leads(self) -> bool:
        """Whether it is this instance that makes keys."""
        return self._leads

    async def on_leadership(self, partitions: frozenset[int], _generation: int) -> None:
        """Begin or end a reign."""
        led, self._leads = self._leads, bool(partitions)
        if self._leads and not led:
            await self._begin(after=None)
        elif led and not self._leads:
            self._custodian = None
            await self._receipts.end(DEPOSED)
        _log.info("leadership", leader=self._leads)

    def hear(self, heard: HeardTicket) -> None:
        """Pass a verified ticket to the custodian, if this instance leads."""
        self._heard_us = self._clock.boot_us()
        if self._custodian is not None:
            self._custodian.hear(heard)
            self._heard_one.set()
            if self._custodian.is_ready():
                self.served_us = self._heard_us
                self._ready.set()
        if self._have_all_told(heard.ticket, self._heard_us) and not self._is_needed():
            self.served_us = self._heard_us

    def _is_needed(self) -> bool:
        """Tell whether somebody waits for keys of this instance; one that stands by has none."""
        return self._leads and (self._custodian is None or self._custodian.is_needed())

    def _have_all_told(self, ticket: KeyTicket, now_us: int) -> bool:
        """Note who sent a ticket; tell whether all who did of late have sent another by now."""
        self._heard_of.pop(holder_name(ticket), None)
        self._heard_of = {n: at for n, at in self._heard_of.items() if now_us - at < _LATELY_US}
        if not ticket.leaving:
            self._heard_of[holder_name(ticket)] = now_us
        return all(now_us - at < LAST_US for at in self._heard_of.values())

    async def run(self) -> None:
        """Make keys as soon as all tickets are in hand, or some time after the first of them."""
        while True:
            lacks_custodian = self._leads and self._custodian is None
            idle_s = _LOOK_S if lacks_custodian else _IDLE_S
            if await _is_set(self._heard_one, within_s=idle_s):
                await _is_set(self._ready, within_s=_TOGETHER_S)
            self._ready.clear()
            if not self._memory.is_kept:
                # What was heard is looked at again.
                continue
            self._heard_one.clear()
            if self._custodian is not None and self._receipts.fault is not None:
                self._stand_still(self._receipts.fault)
            if self._custodian is not None:
                await self._grant(self._custodian)
            elif self._leads and self._clock.boot_us() - self._tried_us >= self._retry_us:
                await self._begin(after=None)

    async def _begin(self, *, after: Custodian | None) -> None:
        """Begin a term, unless somebody else did since `after` was the custodian."""
        async with self._turn:
            if self._custodian is after:
                self._custodian = None
                self._tried_us = self._clock.boot_us()
                await self._begin_term(secrets.token_hex(4))

    async def _begin_term(self, term: str) -> None:
        try:
            await self._receipts.begin(term)
        except LetheError as error:
            self._stand_still(str(error))
            return
        if not self._leads:
            await self._receipts.end(DEPOSED)
            return
        self._custodian = Custodian(self._orders, self._suspensions, self._clock, term=term)

    def _stand_still(self, reason: str) -> None:
        """Grant nothing until there is a log of receipts again; each reason is said once."""
        self._custodian = None
        if reason != self._fault:
            _log.error("no keys are granted: there would be no receipt", reason=reason)
        self._fault = reason

    def _go_on(self, term: str) -> None:
        if self._fault is not None:
            _log.info("receipts can be written again; keys are granted", term=term)
        self._fault, self._retry_us = None, _RETRY_US

    async def _grant(self, custodian: Custodian) -> None:
        if self._receipts.is_full:
            await self._begin(after=custodian)
            return
        granted = custodian.make()
        if not granted:
            return
        try:
            await self._receipts.tell(granted)
        except LetheError as error:
            if custodian is self._custodian:
                self._stand_still(str(error))
                self._retry_us = min(2 * self._retry_us, _LONGEST_RETRY_US)
            return
        if custodian is not self._custodian:
            # Another leads since: it may have begun to grant.
            return
        self._go_on(custodian.term)
        results = await asyncio.gather(*map(self._publish, granted), return_exceptions=True)
        for result in results:
            if isinstance(result, LetheError):
                _log.warning("grant not sent", error=type(result).__name__)
            elif result is not None:
                raise result
        if self._receipts.is_full and custodian is self._custodian:
            await self._begin(after=custodian)


async def _is_set(event: asyncio.Event, *, within_s: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()
    return event.is_set()
