"""Receipts: a grant is told, and that durable, before it is sent; then how its copies ended."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import NoReturn, TypeVar

import structlog

from lethe.contracts.errors import LetheError
from lethe.contracts.keys import KeyGranted
from lethe.purge.accountant import Accountant
from lethe.purge.anchoring import Anchoring
from lethe.purge.erasures import Erasure
from lethe.purge.log_folder import LogFolder
from lethe.purge.term_log import TermLog
from lethe.purge.told import Origin, SlotKey, Teller
from lethe.purge.untold import Untold
from lethe.receipts.entries import STOPPED
from lethe.receipts.entry import Entry
from lethe.receipts.errors import BadInput
from lethe.runtime.threads import Threads
from lethe.shredding.clock import Clock, instant
from lethe.shredding.orders import OrderBook
from lethe.shredding.suspensions import Suspensions

MOST_ENTRIES = 50_000
"""A longer log is followed by another, so that mending one after a crash takes no second."""

_SIGN_US = 1_000_000
_MINUTE_US = 60_000_000
_MOST_UNSIGNED = 4_000
"""With what is written at once, well under what a verifier reads without a checkpoint."""

_CLOCK_SET_US = 1_000_000
"""A wall clock that is so far from the times of a log was set since its beginning."""

_log = structlog.get_logger()
_Made = TypeVar("_Made")


class ReceiptsLost(LetheError):
    """Nothing can be told durably: no key may be granted."""


class Receipting:
    """The log of this instance's present term. Everything that blocks runs in one thread.

    Parameters
    ----------
    accountant
        Hears every grant before it is sent, and tells what became of it.
    """

    def __init__(
        self,
        folder: LogFolder,
        origin: Origin,
        *,
        accountant: Accountant,
        orders: OrderBook,
        suspensions: Suspensions,
        anchoring: Anchoring,
        clock: Clock,
    ) -> None:
        self._folder = folder
        self._origin = origin
        self._accountant = accountant
        self._orders = orders
        self._suspensions = suspensions
        self._anchoring = anchoring
        self._clock = clock
        self._threads = Threads("receipts", 1)
        self._turn = asyncio.Lock()
        self._log: TermLog | None = None
        self._lost = "no term has begun"
        self._teller = Teller("")
        self._began = instant(clock)
        self._entries = self._unsigned = 0
        self._signed_us = self._counted_us = self._told_us = 0
        self._leads = False
        self._untold = Untold()

    @property
    def is_full(self) -> bool:
        """Whether the next slot had better be told in another log: it is long, or its times wrong.

        The times of a log run on from its beginning, while orders are live by the wall clock.
        """
        return self._entries >= MOST_ENTRIES or self._is_clock_set()

    @property
    def fault(self) -> str | None:
        """Why there is no log to tell anything in; None while there is one."""
        return self._lost if self._log is None else None

    def hear_erased(self, erased: Sequence[Erasure]) -> None:
        """Note what to tell of; whoever says so says it again until the receipt is there."""
        self._untold.hear(erased=erased)

    async def begin(self, term: str) -> None:
        """Begin a term, and end the one before if it hasn't ended.

        Raises
        ------
        ReceiptsLost
            If its first entry may not be on the disk.
        """
        await asyncio.shield(self._begin(term))

    async def tell(self, granted: Sequence[KeyGranted]) -> None:
        """Tell of grants made together and not sent yet; they are durable when this returns.

        Raises
        ------
        ReceiptsLost
            If they may not be: none of them may be sent.
        """
        await asyncio.shield(self._tell(granted))

    async def settle(self) -> None:
        """Tell of what was closed; called a few times a second, also while another leads."""
        await asyncio.shield(self._settle())

    async def end(self, reason: str) -> None:
        """End the term, if there is one, with what is known by now."""
        await asyncio.shield(self._end_term(reason))

    async def close(self) -> None:
        """End the term as the process does, without waiting for reports under way."""
        self._accountant.conclude()
        await self.settle()
        await self.end(STOPPED)
        self._threads.close()
        self._folder.close()

    # Whoever is cancelled while one of these runs leaves it to end by itself: what is written
    # and what is noted as written must not part.

    async def _begin(self, term: str) -> None:
        async with self._turn:
            left_open = await self._end("followed by another term")
            self._leads = True
            log, before, mended = await self._on_disk(lambda: self._folder.begin(term))
            if mended is not None:
                _log.warning(
                    "a log of receipts wasn't ended and is mended",
                    count=mended.signed,
                    size=mended.cut_bytes,
                )
            self._log, self._teller, self._entries = log, Teller(term, left_open), 0
            self._anchoring.begin_log()
            self._began = instant(self._clock)
            self._counted_us = self._began.boot_us
            said = self._origin.begun(term, before)
            await self._append([said], sign=True)

    async def _tell(self, granted: Sequence[KeyGranted]) -> None:
        async with self._turn:
            if not granted:
                return
            if granted[0].term != self._teller.term:
                raise ReceiptsLost("another term has begun")
            if self._is_clock_set():
                raise ReceiptsLost("the clock was set: another term has to begin")
            deadline_ms = self._ms(granted[0].made.boot_us + self._origin.budget_ms * 1000)
            await self._write(
                lambda: self._teller.grants(
                    granted,
                    self._orders,
                    self._accountant.models,
                    self._accountant.software,
                    deadline_ms,
                )
            )
            self._told_us = self._clock.boot_us()
            for grant in granted:
                self._accountant.hear_grant(grant)

    async def _settle(self) -> None:
        accountant = self._accountant
        self._untold.hear(accountant.take_closed(), (), accountant.take_dropped_without_key())
        async with self._turn:
            if not self._leads:
                self._untold.forget()
            self._untold.trim()
            # Whoever goes on granting tells of what was closed along with it, and signs.
            quiet_us = self._clock.boot_us() - max(self._signed_us, self._told_us)
            if self._log is None or quiet_us < _SIGN_US:
                return
            has_news = (
                self._untold
                or self._teller.has_untold(self._suspensions)
                or self._anchoring.is_due(self._clock.boot_us())
            )
            if has_news or self._unsigned or self._is_minute_over():
                # Whoever grants sees the fault.
                with suppress(ReceiptsLost):
                    await self._write(list)

    async def _end_term(self, reason: str) -> None:
        async with self._turn:
            await self._end(reason)
            self._leads = False

    async def _end(self, reason: str) -> Mapping[SlotKey, int]:
        """End the log, if there is one; return the slots that it leaves open and says so."""
        if self._log is None:
            return {}
        try:
            await self._write(lambda: [self._teller.ended(reason)], is_last=True)
        except ReceiptsLost as error:
            _log.warning("the end of a term isn't told", reason=str(error))
            return {}
        self._give_up("the term has ended")
        return self._teller.left_open

    async def _write(self, last: Callable[[], Sequence[Entry]], *, is_last: bool = False) -> None:
        """Write what was closed, what a whole minute counted if it is over, and then `last`."""
        self._require_log()
        if self._teller.is_late(self._clock.boot_us()):
            # This process or its disk stood still. The next log says it of another's slots.
            self._lose("a slot is closed too late to be told in this log")
        untold, counts = self._untold.now(), self._is_minute_over()
        try:
            said = self._heard(untold, counts=counts)
        except BadInput as error:
            # The next log must not end by it too.
            self._untold.tell(untold, counted=True)
            self._lose(f"counts can't be told: {error}")
        try:
            said += self._anchoring.take(self._clock.boot_us(), is_last=is_last)
            said += self._teller.resumptions(self._suspensions)
            if not is_last:
                # What was granted before a suspension is told before it, too.
                said += last()
            said += self._teller.suspensions(self._suspensions)
            if is_last:
                said += last()
        except BadInput as error:
            self._lose(f"a grant can't be told: {error}")
        is_long = self._unsigned + len(said) >= _MOST_UNSIGNED
        await self._append(said, sign=is_last or is_long or self._is_signing_due())
        self._untold.tell(untold, counted=counts)
        if counts:
            self._counted_us = self._clock.boot_us()

    def _heard(self, untold: Untold, *, counts: bool) -> list[Entry]:
        said = list(self._teller.closings(untold.closed, self._clock.boot_us()))
        said += self._teller.erasures(untold.erased.values(), self._clock.boot_us())
        if counts:
            said += self._teller.minutes(untold.dropped, self._orders)
        return said

    async def _append(self, said: Sequence[Entry], *, sign: bool) -> None:
        log = self._require_log()
        if not said and not (sign and self._unsigned):
            return
        at_ms = self._ms(self._clock.boot_us())
        leaves = [entry.line(at_ms) for entry in said]
        try:
            self._entries = await self._on_disk(lambda: log.append(leaves, sign=sign))
        except ReceiptsLost as error:
            self._lose(str(error))
        self._unsigned = 0 if sign else self._unsigned + len(leaves)
        if sign:
            self._signed_us = self._clock.boot_us()

    def _require_log(self) -> TermLog:
        if self._log is None:
            raise ReceiptsLost(self._lost)
        return self._log

    async def _on_disk(self, call: Callable[[], _Made]) -> _Made:
        try:
            return await self._threads.run(call)
        except OSError as error:
            raise ReceiptsLost(f"receipts can't be written ({error.strerror})") from None

    def _lose(self, why: str) -> NoReturn:
        self._give_up(why)
        raise ReceiptsLost(why)

    def _give_up(self, why: str) -> None:
        """Write nothing more to this log: what a failed write left of it isn't known."""
        if self._log is not None:
            self._log.close()
            self._lost = why
        self._log = None

    def _is_clock_set(self) -> bool:
        present = instant(self._clock)
        expected_us = self._began.shifted_to(present.boot_us).wall_us
        return self._log is not None and abs(present.wall_us - expected_us) > _CLOCK_SET_US

    def _is_signing_due(self) -> bool:
        return self._clock.boot_us() - self._signed_us >= _SIGN_US

    def _is_minute_over(self) -> bool:
        return self._clock.boot_us() - self._counted_us >= _MINUTE_US

    def _ms(self, boot_us: int) -> int:
        """Return a time of this term: the wall clock at its beginning, run on by the boot clock."""
        return max(0, self._began.shifted_to(boot_us).wall_us // 1000)
