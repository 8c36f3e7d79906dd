"""What purge has obeyed outlives its process: kept before anything is granted under it."""

import asyncio
from contextlib import suppress
from typing import Protocol

import structlog

from lethe.shredding.orders import OrderBook
from lethe.shredding.progress import Progress
from lethe.shredding.roster import Roster
from lethe.shredding.suspensions import Suspensions

_LOOK_S = 1.0
"""For what nobody says: that there is another roster."""

_RETRY_S = 1.0
_log = structlog.get_logger()


class ProgressStore(Protocol):
    """Where it is kept. All of this blocks."""

    def load(self) -> Progress | None:
        """Return what was saved last; raises `InvalidInput` if it can't be read."""
        ...

    def save(self, progress: Progress) -> None:
        """Keep it, durable when this returns; raises `OSError` if it may not be."""
        ...


class Recollection:
    """Keeps how far roster, orders and suspensions have got.

    What ends an order or suspends it is obeyed at once; keys wait until it is kept.
    """

    def __init__(
        self, store: ProgressStore, roster: Roster, orders: OrderBook, suspensions: Suspensions
    ) -> None:
        self._store = store
        self._roster = roster
        self._orders = orders
        self._suspensions = suspensions
        self._kept: Progress | None = None
        self._fault: str | None = None
        self._is_news = asyncio.Event()

    @property
    def is_kept(self) -> bool:
        """Whether everything that was obeyed is on the disk; what isn't is kept now."""
        if not self._is_kept():
            self.look()
            return False
        return True

    @property
    def fault(self) -> str | None:
        """Why it can't be kept; None while it can."""
        return self._fault

    async def recall(self) -> None:
        """Go on from what was kept; called once, before anything is read.

        Raises
        ------
        InvalidInput
            If what was kept can't be read.
        RolledBack
            If the roster is older than one that was in force.
        """
        progress = await asyncio.to_thread(self._store.load)
        if progress is None:
            return
        self._roster.require_after(progress.roster)
        self._orders.restore(progress.orders)
        self._suspensions.restore(progress.suspensions)
        self._kept = progress

    def look(self) -> None:
        """See now whether something is new: it may be that something was obeyed."""
        self._is_news.set()

    async def run(self) -> None:
        """Keep what is new until cancelled."""
        while True:
            self._is_news.clear()
            if not self._is_kept():
                await self._keep()
            if self._fault is not None:
                await asyncio.sleep(_RETRY_S)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._is_news.wait()

    async def _keep(self) -> None:
        present = self._present()
        try:
            await asyncio.to_thread(self._store.save, present)
        except OSError as error:
            fault = f"what orders have come to can't be kept ({error.strerror})"
            if fault != self._fault:
                _log.error("no keys are granted", reason=fault)
            self._fault = fault
            return
        if self._fault is not None:
            _log.info("what orders have come to can be kept again; keys are granted")
        self._kept, self._fault = present, None

    def _is_kept(self) -> bool:
        kept = self._kept
        # What is as before is mostly the same object, and then nothing is compared field by field.
        return (
            kept is not None
            and kept.roster == self._roster.progress
            and kept.orders == self._orders.progress
            and kept.suspensions == self._suspensions.said
        )

    def _present(self) -> Progress:
        return Progress(
            roster=self._roster.progress,
            orders=dict(self._orders.progress),
            suspensions=self._suspensions.said,
        )
