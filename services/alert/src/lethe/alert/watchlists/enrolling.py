"""Enrolment from alert's side: images go out sealed, outcomes come back, failures are repeated.

Enrolment lives under the same budget as live video: a reference whose keys ended before it was
enrolled is simply submitted again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import structlog

from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.reference import ReferenceState
from lethe.alert.watchlists.window import Window
from lethe.contracts.enrolment import ReferenceEnrolled, ReferencePayload
from lethe.contracts.errors import Erased, LetheError, Refused, Transient
from lethe.contracts.instants import Instant
from lethe.contracts.sealed import ENROLMENT_LANE, Purpose, SealAddress, SealedBody
from lethe.contracts.topics import REFERENCE_SUBMITTED
from lethe.shredding.clock import instant
from lethe.shredding.holder import Holder
from lethe.shredding.memory import wipe_bytes
from lethe.shredding.sealing import FRAME_STEP_BYTES
from lethe.shredding.terms import Reservation

_log = structlog.get_logger()
_REPEAT_MS = 1_500
"""Half a second after the last key of an image is dead: its outcome may be on its way so long."""
_PAUSE_S = 0.02
_SPARE_MS = 400
_SEALED = (ENROLMENT_LANE, Purpose.REFERENCE_IMAGE)


@dataclass(frozen=True, slots=True)
class SealedReference:
    """A reference image ready for the broker."""

    address: SealAddress
    reference_id: str
    body: SealedBody = field(repr=False)


Send = Callable[[SealedReference], Awaitable[None]]


class Enrolment:
    """Submits references, a few at a time, until match has told their outcome.

    Parameters
    ----------
    pack
        Tells the digest of the model pack that references are made with now; None while none are.
    """

    def __init__(
        self,
        holder: Holder,
        book: WatchlistBook,
        send: Send,
        pack: Callable[[], str | None],
    ) -> None:
        self._holder = holder
        self._book = book
        self._send = send
        self._pack = pack
        # Ordered lists that can't be whole with a pack, however often they are sent.
        self._unfit: dict[str, str] = {}
        # Both in the order in which they came to be so.
        self._waiting: dict[str, None] = {}
        self._under_way: dict[str, Instant] = {}
        self._window = Window()
        self._changed = asyncio.Event()
        self._outcomes: list[tuple[ReferenceEnrolled, Instant]] = []
        self._heard = asyncio.Event()

    @property
    def is_active(self) -> bool:
        """Whether enrolment keys are needed."""
        return bool(self._waiting or self._under_way)

    def submit(self, reference_id: str) -> None:
        """Take a reference to be enrolled; its image is read when it is sealed."""
        self._want(reference_id)

    async def resume(self) -> None:
        """Go on with what was submitted and not settled when this instance last stopped."""
        for reference_id in await self._book.unsettled():
            self._want(reference_id)

    async def submit_again(self, watchlist_id: str, held: int = 0) -> None:
        """Submit what is enrolled of a list: a match instance lacks it.

        Parameters
        ----------
        held
            How many of its references that instance has, made with the pack in use. Those that were
            enrolled with it already aren't submitted, if they can be the ones.
        """
        pack = self._pack()
        if pack is not None and self._unfit.get(watchlist_id) == pack:
            return
        enrolled = [
            reference
            for reference in await self._book.references(watchlist_id)
            if reference.state is ReferenceState.ENROLLED
        ]
        if pack is not None and any(each.unfit_pack == pack for each in enrolled):
            self._unfit[watchlist_id] = pack
            _log.warning("ordered watchlist unfit for the model pack", watchlist_id=watchlist_id)
            return
        left = [each for each in enrolled if each.pack != pack]
        wanted = left if left and len(enrolled) - len(left) <= held else enrolled
        _log.info("match lacks a watchlist", watchlist_id=watchlist_id, count=len(wanted))
        for reference in wanted:
            self._want(reference.reference_id)

    def try_again(self, watchlist_id: str) -> None:
        """Believe no longer that a list can't be whole."""
        self._unfit.pop(watchlist_id, None)

    def on_outcome(self, enrolled: ReferenceEnrolled) -> None:
        """Take how an enrolment ended, to be recorded with whatever else comes meanwhile."""
        self._outcomes.append((enrolled, instant(self._holder.clock)))
        self._heard.set()

    async def run(self) -> None:
        """Seal and send what is wanted, and record what comes of it, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._submit_all())
            group.create_task(self._record_all())

    async def _submit_all(self) -> None:
        while True:
            if not self.is_active:
                await self._changed.wait()
            self._changed.clear()
            await self._submit(self._due())
            await asyncio.sleep(_PAUSE_S)

    async def _record_all(self) -> None:
        while True:
            await self._heard.wait()
            self._heard.clear()
            await self._record()
            # What comes meanwhile is recorded together: each commit waits for the disk.
            await asyncio.sleep(_PAUSE_S)

    async def _record(self) -> None:
        ended, self._outcomes = self._outcomes, []
        try:
            known = await self._book.record([enrolled for enrolled, _ in ended])
        except Transient as error:
            self._outcomes = ended + self._outcomes
            self._heard.set()
            _log.info("outcomes not recorded", count=len(ended), error=type(error).__name__)
            return
        for enrolled, heard in ended:
            if enrolled.reference_id in known:
                self._waiting.pop(enrolled.reference_id, None)
                if sent := self._under_way.pop(enrolled.reference_id, None):
                    self._window.came(heard.since_ms(sent))
        self._changed.set()

    def _want(self, reference_id: str) -> None:
        if reference_id not in self._under_way:
            self._waiting[reference_id] = None
        self._changed.set()

    def _due(self) -> list[str]:
        now = instant(self._holder.clock)
        for name, sent in list(self._under_way.items()):
            if now.since_ms(sent) >= _REPEAT_MS:
                self._window.lost()
                del self._under_way[name]
                self._waiting[name] = None
        return list(islice(self._waiting, max(0, self._window.size - len(self._under_way))))

    async def _submit(self, reference_ids: Sequence[str]) -> None:
        """Seal and send references, as many as keys are in hand for."""
        # Sealed and overwritten before the broker is waited for.
        sealed = await self._sealed_ones(reference_ids)
        for outcome in await asyncio.gather(*map(self._send, sealed), return_exceptions=True):
            if isinstance(outcome, LetheError):
                _log.info("reference not submitted", error=type(outcome).__name__)
            elif outcome is not None:
                raise outcome

    async def _sealed_ones(self, due: Sequence[str]) -> list[SealedReference]:
        reference_ids = due[: self._holder.unspent(*_SEALED, spare_ms=_SPARE_MS)]
        if not reference_ids:
            return []
        # Read before a key is taken: a database may take longer than one lives.
        try:
            payloads = await self._book.payloads(reference_ids)
        except LetheError as error:
            for reference_id in reference_ids:
                self._begin(reference_id)
            _log.info("references not read", count=len(reference_ids), error=type(error).__name__)
            return []
        for reference_id in set(reference_ids) - set(payloads):
            self._waiting.pop(reference_id, None)
            self._under_way.pop(reference_id, None)
        try:
            return list(self._seal_all(payloads.values()))
        finally:
            for payload in payloads.values():
                wipe_bytes(payload.image)

    def _seal_all(self, payloads: Iterable[ReferencePayload]) -> Iterator[SealedReference]:
        """Seal as many as there are numbers for; the others go on waiting."""
        for payload in payloads:
            reservation = self._holder.reserve(*_SEALED, spare_ms=_SPARE_MS)
            if reservation is None:
                return
            try:
                sealed = self._sealed(reservation, payload)
            except (Erased, Refused) as error:
                _log.info("reference not sealed", error=type(error).__name__)
                continue
            finally:
                self._holder.release(reservation)
            self._begin(payload.reference_id)
            yield sealed

    def _begin(self, reference_id: str) -> None:
        self._waiting.pop(reference_id, None)
        self._under_way[reference_id] = instant(self._holder.clock)

    def _sealed(self, reservation: Reservation, payload: ReferencePayload) -> SealedReference:
        address = SealAddress(
            deployment_id=reservation.deployment_id,
            order_hash=reservation.order_hash,
            lane=reservation.lane,
            slot=reservation.slot,
            number=reservation.number,
            purpose=reservation.purpose,
            captured=instant(self._holder.clock),
        )
        content = payload.encode()
        try:
            body = self._holder.seal(
                REFERENCE_SUBMITTED.name, address, memoryview(content), step=FRAME_STEP_BYTES
            )
        finally:
            wipe_bytes(content)
        return SealedReference(address, payload.reference_id, body)
