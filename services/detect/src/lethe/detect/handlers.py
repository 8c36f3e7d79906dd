"""Records in, domain calls out."""

import asyncio
from collections.abc import Callable, Coroutine

import structlog

from lethe.contracts.errors import LetheError, Refused, Transient
from lethe.contracts.headers import address_headers, is_awaited, read_address
from lethe.contracts.live import FrameOutcome, FrameProcessed
from lethe.contracts.orders import DeploymentOrdered
from lethe.contracts.sealed import Purpose, SealAddress
from lethe.contracts.topic import SealedTopic
from lethe.contracts.topics import (
    CAMERA_ASSIGNED,
    DEPLOYMENT_ORDERED,
    FRAME_CAPTURED,
    FRAME_PROCESSED,
    KEY_GRANTED,
    PROBE_EXTRACTED,
    REFERENCE_EXTRACTED,
    REFERENCE_SUBMITTED,
    VIEW_MADE,
)
from lethe.detect.frames import FrameResult, FrameWorker
from lethe.detect.gaps import Gaps
from lethe.detect.lanes import Lanes
from lethe.detect.references import ReferenceWorker
from lethe.detect.sealed_record import SealedRecord
from lethe.detect.zones import Zones
from lethe.runtime import metrics
from lethe.runtime.publisher import Publisher
from lethe.runtime.reader import Start, Subscription
from lethe.runtime.records import Record
from lethe.runtime.threads import Threads
from lethe.runtime.together import Together
from lethe.shredding.clock import Clock, instant
from lethe.shredding.keytraffic import KeyTraffic
from lethe.shredding.orders import OrderBook

_Sealed = tuple[SealAddress, Record]

_log = structlog.get_logger()
_MOST_REFERENCES = 24
"""As many as alert has under way at most; what more were waiting would wait for too long."""
_PUBLISHED_AT_ONCE = 16
"""Frames whose probes and counts may be under way to the broker."""
_REPORTED_WITHIN_S = 0.4
_REPORTED_TOGETHER = 12
"""Counts of so many frames are told at once, fewer than may be under way: the last one waits for no
frame that waits for it."""


def subscriptions_of_cameras(orders: OrderBook, zones: Zones, clock: Clock) -> list[Subscription]:
    """Return what detect hears of cameras: the orders that they are signed in, and their zones."""

    async def on_order(record: Record) -> None:
        orders.hear(DeploymentOrdered.decode(record.body), clock.wall_us())

    async def on_camera(record: Record) -> None:
        zones.hear(record.body)

    return [
        Subscription(DEPLOYMENT_ORDERED, on_order, Start.BEGINNING),
        Subscription(CAMERA_ASSIGNED, on_camera, Start.BEGINNING),
    ]


class Handlers:
    """Decides from headers what a record is; lanes do the work, and the gaps between them."""

    def __init__(
        self,
        frames: FrameWorker,
        references: ReferenceWorker,
        *,
        publisher: Publisher,
        threads: Threads,
        clock: Clock,
        queue_frames: int,
        workers: int,
    ) -> None:
        self._frames = frames
        self._references = references
        self._publisher = publisher
        self._threads = threads
        self._clock = clock
        self._publishing = asyncio.Semaphore(_PUBLISHED_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._reports = Together(
            self._send_reports, within_s=_REPORTED_WITHIN_S, most=_REPORTED_TOGETHER
        )
        self.gaps = Gaps(self._extract, self._give_up, at_once=workers, room=_MOST_REFERENCES)
        self.lanes = Lanes(
            self._process,
            self._expire,
            room=queue_frames,
            is_late=self._is_late,
            on_change=self.gaps.live,
        )

    def subscriptions(self, keys: KeyTraffic) -> list[Subscription]:
        """Return detect's dispatch table."""

        async def on_grant(record: Record) -> None:
            keys.on_grant(record.key, record.body)

        return [
            Subscription(KEY_GRANTED, on_grant),
            Subscription(FRAME_CAPTURED, self.on_frame, owned=True),
            Subscription(REFERENCE_SUBMITTED, self.on_reference),
        ]

    async def on_frame(self, record: Record) -> None:
        """Queue a sealed frame."""
        address = read_address(record.headers)
        if address.purpose is not Purpose.FRAME or address.lane != record.key:
            raise Refused("a frame is addressed as something else")
        self.gaps.came(record.partition)
        await self.lanes.put(record.partition, (address, record))

    async def on_reference(self, record: Record) -> None:
        """Queue a sealed reference image."""
        address = read_address(record.headers)
        if address.purpose is not Purpose.REFERENCE_IMAGE:
            raise Refused("a reference image is addressed as something else")
        await self.gaps.put((address, record))

    def _is_late(self, item: _Sealed) -> bool:
        return self._frames.is_late(item[0])

    async def _process(self, item: _Sealed) -> None:
        if self._failure is not None:
            # What can be foreseen of publishing is counted; this ends the service.
            raise self._failure
        address, record = item
        with metrics.STAGE_SECONDS.labels("frame").time():
            result = await self._threads.run(self._frames.process, address, record.body)
        # The lane goes on with its next frame while the broker takes what came of this one.
        await self._publishing.acquire()
        awaited = is_awaited(record.headers)
        self._go_on(self._publish(result, awaited=awaited), then=self._publishing.release)

    async def _publish(self, result: FrameResult, *, awaited: bool) -> None:
        sent = [self._send_sealed(PROBE_EXTRACTED, p.address.lane, p) for p in result.probes]
        if result.view is not None:
            sent.append(self._send_sealed(VIEW_MADE, result.view.address.lane, result.view))
        await asyncio.gather(*sent, self._report(result.report, awaited=awaited))

    def _go_on(
        self, work: Coroutine[None, None, None], *, then: Callable[[], None] = lambda: None
    ) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)

        def done(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            then()
            if not task.cancelled() and (failure := task.exception()):
                self._failure = failure

        task.add_done_callback(done)

    async def _extract(self, item: _Sealed) -> None:
        address, record = item
        try:
            sealed = await self._threads.run(self._references.extract, address, record.body)
        except LetheError as error:
            metrics.RECORDS_NOT_OPENED.labels(record.topic.name).inc()
            _log.info("reference not opened", error=type(error).__name__)
            return
        if sealed is not None:
            await self._send_sealed(REFERENCE_EXTRACTED, record.key, sealed)

    async def _give_up(self, item: _Sealed) -> None:
        _, record = item
        metrics.RECORDS_NOT_OPENED.labels(record.topic.name).inc()

    async def _expire(self, item: _Sealed) -> None:
        address, record = item
        report = FrameProcessed(
            camera_id=address.lane,
            deployment_id=address.deployment_id,
            slot=address.slot,
            number=address.number,
            captured=address.captured,
            at=instant(self._clock),
            outcome=FrameOutcome.EXPIRED,
        )
        # Whoever gives it up goes on: its count waits for those of others.
        self._go_on(self._report(report, awaited=is_awaited(record.headers)))

    async def _report(self, report: FrameProcessed, *, awaited: bool) -> None:
        await self._reports.tell(report, at_once=awaited)

    async def _send_reports(self, reports: list[FrameProcessed]) -> None:
        try:
            told = [(report.camera_id, report.encode()) for report in reports]
            await self._publisher.send_all(FRAME_PROCESSED, told)
        except Transient:
            metrics.NOT_PUBLISHED.labels(FRAME_PROCESSED.name).inc(len(reports))

    async def _send_sealed(self, topic: SealedTopic, key: str, sealed: SealedRecord) -> None:
        try:
            await self._publisher.send(topic, key, sealed.body, address_headers(sealed.address))
        except Transient:
            metrics.NOT_PUBLISHED.labels(topic.name).inc()
