"""Enrolment from alert's side: images go out sealed, outcomes come back, failures are repeated.

Enrolment lives under the same budget as live video: a reference whose keys ended before it was
enrolled is simply submitted again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from lethe.alert.errors import NotFound
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.reference import ReferenceState
from lethe.contracts.enrolment import ReferenceEnrolled, ReferencePayload
from lethe.contracts.errors import Erased, LetheError
from lethe.contracts.instants import Instant
from lethe.contracts.sealed import ENROLMENT_LANE, Purpose, SealAddress, SealedBody
from lethe.contracts.topics import REFERENCE_SUBMITTED
from lethe.shredding.clock import instant
from lethe.shredding.holder import Holder
from lethe.shredding.memory import wipe_bytes
from lethe.shredding.sealing import FRAME_STEP_BYTES

_log = structlog.get_logger()
_IN_FLIGHT = 4
_REPEAT_MS = 3_000
_PAUSE_S = 0.02
_SPARE_MS = 400


@dataclass(frozen=True, slots=True)
class SealedReference:
    """A reference image ready for the broker."""

    address: SealAddress
    reference_id: str
    body: SealedBody = field(repr=False)


Send = Callable[[SealedReference], Awaitable[None]]


class Enrolment:
    """Submits references, a few at a time, until match has told their outcome."""

    def __init__(self, holder: Holder, book: WatchlistBook, send: Send) -> None:
        self._holder = holder
        self._book = book
        self._send = send
        self._wanted: dict[str, Instant | None] = {}
        self._changed = asyncio.Event()

    @property
    def is_active(self) -> bool:
        """Whether enrolment keys are needed."""
        return bool(self._wanted)

    def submit(self, reference_id: str) -> None:
        """Take a reference to be enrolled; its image is read when it is sealed."""
        self._want(reference_id)

    async def resume(self) -> None:
        """Go on with what was submitted and not settled when this instance last stopped."""
        for reference_id in await self._book.unsettled():
            self._want(reference_id)

    async def submit_again(self, watchlist_id: str) -> None:
        """Submit everything enrolled of a list: a match instance has lost it."""
        for reference in await self._book.references(watchlist_id):
            if reference.state is ReferenceState.ENROLLED:
                self._want(reference.reference_id)

    async def on_outcome(self, enrolled: ReferenceEnrolled) -> None:
        """Record how an enrolment ended."""
        if await self._book.record(enrolled):
            self._wanted.pop(enrolled.reference_id, None)
            self._changed.set()

    async def run(self) -> None:
        """Seal and send what is wanted, until cancelled."""
        while True:
            if not self._wanted:
                await self._changed.wait()
            self._changed.clear()
            for reference_id in self._due():
                if not await self._submit_one(reference_id):
                    break
            await asyncio.sleep(_PAUSE_S)

    def _want(self, reference_id: str) -> None:
        self._wanted.setdefault(reference_id, None)
        self._changed.set()

    def _due(self) -> list[str]:
        now = instant(self._holder.clock)
        flying = {
            name: sent
            for name, sent in self._wanted.items()
            if sent is not None and now.since_ms(sent) < _REPEAT_MS
        }
        waiting = [name for name in self._wanted if name not in flying]
        return waiting[: max(0, _IN_FLIGHT - len(flying))]

    async def _submit_one(self, reference_id: str) -> bool:
        """Seal and send one reference; tell whether a key was in hand."""
        reservation = self._holder.reserve(
            ENROLMENT_LANE, Purpose.REFERENCE_IMAGE, spare_ms=_SPARE_MS
        )
        if reservation is None:
            return False
        try:
            payload = await self._book.payload(reference_id)
        except (NotFound, Erased):
            self._wanted.pop(reference_id, None)
            self._holder.release(reservation)
            return True
        except LetheError as error:
            self._wanted[reference_id] = instant(self._holder.clock)
            self._holder.release(reservation)
            _log.info("reference not read", error=type(error).__name__)
            return True
        address = SealAddress(
            deployment_id=reservation.deployment_id,
            order_hash=reservation.order_hash,
            lane=reservation.lane,
            slot=reservation.slot,
            number=reservation.number,
            purpose=reservation.purpose,
            captured=instant(self._holder.clock),
        )
        self._wanted[reference_id] = address.captured
        try:
            # Sealed and overwritten before the broker is waited for.
            body = self._seal(address, payload)
            await self._send(SealedReference(address, reference_id, body))
        except LetheError as error:
            _log.info("reference not submitted", error=type(error).__name__)
        return True

    def _seal(self, address: SealAddress, payload: ReferencePayload) -> SealedBody:
        content = payload.encode()
        try:
            return self._holder.seal(
                REFERENCE_SUBMITTED.name, address, memoryview(content), step=FRAME_STEP_BYTES
            )
        finally:
            wipe_bytes(content)
            wipe_bytes(payload.image)
            self._holder.finish(address)
