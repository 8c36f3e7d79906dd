"""The receipts that alert hands on: taken as purge sends them, looked at by many."""

import asyncio

import structlog

from lethe.alert.errors import ReceiptsUnavailable
from lethe.alert.receipt_copies import Kept, ReceiptCopies
from lethe.contracts.receipts import ErasureReceipted
from lethe.runtime.threads import Threads

_RETRY_S = 10.0
_log = structlog.get_logger()


class ReceiptMirror:
    """Keeps copies in one thread. Whatever is wrong with them, alert goes on."""

    def __init__(self, copies: ReceiptCopies) -> None:
        self._copies = copies
        self._threads = Threads("receipts", 1)
        self._kept: Kept | None = None
        self._fault = ""

    async def run(self) -> None:
        """Look at what is there, beside everything else that starts; try again where that fails."""
        while self._kept is None:
            try:
                self._kept = await self._threads.run(self._copies.open)
            except OSError as error:
                self._complain(error)
                await asyncio.sleep(_RETRY_S)

    async def take(self, piece: ErasureReceipted) -> bool:
        """Keep a piece if it is the next one of its log; tell whether it was.

        Raises
        ------
        Refused
            If it doesn't hold.
        """
        if self._kept is None:
            return False
        try:
            is_new = await self._threads.run(self._copies.take, piece)
            if is_new:
                self._kept = await self._threads.run(self._copies.kept)
                self._fault = ""
        except OSError as error:
            self._complain(error)
            return False
        return is_new

    def held(self) -> dict[str, int] | None:
        """Return what alert's tickets say: how much is kept of each newest log."""
        return None if self._kept is None else self._kept.held()

    def kept(self) -> Kept:
        """Return what there is.

        Raises
        ------
        ReceiptsUnavailable
            If it wasn't looked at yet.
        """
        if self._kept is None:
            raise ReceiptsUnavailable("the receipts are being read; try again")
        return self._kept

    def _complain(self, error: OSError) -> None:
        reason = str(error.strerror)
        if reason != self._fault:
            _log.warning("receipts can't be kept; trying again", reason=reason)
        self._fault = reason
