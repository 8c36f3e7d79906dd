"""Leadership: only the owner of one partition makes keys; a standby knows the rest already."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

import structlog

from lethe.contracts.errors import LetheError
from lethe.contracts.keys import KeyGranted
from lethe.purge.custodian import Custodian
from lethe.purge.ownership import HeardTicket
from lethe.shredding.clock import Clock
from lethe.shredding.orders import OrderBook

_log = structlog.get_logger()
_SLOT_S = 0.2

Publish = Callable[[KeyGranted], Awaitable[None]]


class Reign:
    """Makes keys while this instance leads, each time with a custodian that inherits nothing."""

    def __init__(self, orders: OrderBook, clock: Clock, publish: Publish) -> None:
        self._orders = orders
        self._clock = clock
        self._publish = publish
        self._custodian: Custodian | None = None
        self._ready = asyncio.Event()

    @property
    def leads(self) -> bool:
        """Whether this instance makes keys."""
        return self._custodian is not None

    async def on_leadership(self, partitions: frozenset[int], _generation: int) -> None:
        """Begin or end a reign."""
        if partitions and self._custodian is None:
            self._custodian = Custodian(self._orders, self._clock, term=secrets.token_hex(4))
        elif not partitions:
            self._custodian = None
        _log.info("leadership", leader=self.leads)

    def hear(self, heard: HeardTicket) -> None:
        """Pass a verified ticket to the custodian, if this instance leads."""
        if self._custodian is not None:
            self._custodian.hear(heard)
            if self._custodian.is_ready():
                self._ready.set()

    async def run(self) -> None:
        """Make the keys of a slot as soon as all tickets are in hand, or when a slot is over."""
        while True:
            try:
                async with asyncio.timeout(_SLOT_S):
                    await self._ready.wait()
            except TimeoutError:
                pass
            self._ready.clear()
            if self._custodian is not None:
                await self._grant(self._custodian.make())

    async def _grant(self, granted: list[KeyGranted]) -> None:
        results = await asyncio.gather(*map(self._publish, granted), return_exceptions=True)
        for result in results:
            if isinstance(result, LetheError):
                _log.warning("grant not sent", error=type(result).__name__)
            elif result is not None:
                raise result
