"""The cameras of this instance: those of its partitions, under a live order."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine

import structlog

from lethe.contracts.live import FrameProcessed, SlotClosed
from lethe.contracts.orders import CameraAssigned, camera_hash
from lethe.contracts.sealed import Purpose
from lethe.contracts.topic import partition_for
from lethe.ingest.capture import Capture, SealedFrame, Stamp
from lethe.ingest.counts import Counts, SendCounts
from lethe.ingest.flow import Flow
from lethe.ingest.latest import LatestFrame
from lethe.ingest.opening import SourceOpener, is_live
from lethe.ingest.sources import CameraReader, ReaderState, ReaderStatus, reason_of
from lethe.ingest.tally import Tally
from lethe.runtime.threads import Threads, run_apart
from lethe.shredding.holder import Holder
from lethe.shredding.orders import OrderBook

_log = structlog.get_logger()
_CHECK_S = 0.1
_CHECKS_A_TELLING = 6
"""Nobody waits for a count, and a message costs more than what is in it."""
_SENT_AT_ONCE = 24
"""Sealed frames of a camera that may be under way: more than come before their keys end."""

SendFrame = Callable[[SealedFrame], Coroutine[None, None, None]]
_FINAL = (ReaderState.ENDED, ReaderState.FAILED)


class RunningCamera:
    """One camera from its start to its stop."""

    def __init__(
        self,
        camera: CameraAssigned,
        holder: Holder,
        orders: OrderBook,
        *,
        frames_in_flight: int,
        opener: SourceOpener,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.camera = camera
        self._opener = opener
        self._pending = asyncio.Event()
        self._sending = asyncio.Semaphore(_SENT_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self.tally = Tally(camera.camera_id, holder.instance_id, holder.clock)
        self.flow = (
            None
            if camera.realtime or is_live(camera)
            else Flow(holder.clock, window=frames_in_flight, budget_ms=holder.life.budget_ms)
        )
        latest = LatestFrame[Stamp](self._on_frame)
        self.capture = Capture(
            camera, holder, orders, latest=latest, tally=self.tally, flow=self.flow
        )
        self._latest = latest
        self._reader: CameraReader | None = None
        self.ended = False
        self.fault: str | None = None
        self.state: str | None = None
        self.trouble: str | None = None

    @property
    def garbled(self) -> int:
        """How many pictures of its source couldn't be decoded."""
        return self._reader.status.garbled if self._reader else 0

    def counted(self, *, ended: bool = False, waits: bool = False) -> list[SlotClosed]:
        """Return what was counted since the last call; see `Tally.drain`."""
        return self.tally.drain(
            garbled=self.garbled,
            ended=ended,
            fault=self.fault if ended else None,
            state=self.state,
            trouble=self.trouble,
            waits=waits,
        )

    async def run(self, threads: Threads, send: SendFrame) -> None:
        """Read, seal and send until cancelled or the source has ended."""
        try:
            # Not on threads that others need: a mount may hang without an end.
            source = await run_apart(self._opener.open, self.camera)
        except Exception as error:  # noqa: BLE001 - one camera's source ends no other camera
            self.fault, self.ended = reason_of(error), True
            return
        self._reader = CameraReader(
            self.camera.camera_id,
            source,
            self.capture.on_release,
            realtime=self.camera.realtime,
            on_state=self._on_state,
            on_silence=self.capture.forget,
        )
        self._reader.start()
        try:
            await self._seal_until_ended(threads, send)
            await asyncio.gather(*self._tasks)
            self._require_sent()
        finally:
            self.capture.close()
            await asyncio.shield(asyncio.to_thread(self._reader.stop))

    async def _seal_until_ended(self, threads: Threads, send: SendFrame) -> None:
        while not (self.ended and not self._latest.counts.pending):
            await self._pending.wait()
            self._pending.clear()
            self._require_sent()
            sealed = await threads.run(self.capture.seal_next)
            if sealed is not None:
                # Sealing never waits for the broker: a frame that waits keeps its key alive.
                await self._sending.acquire()
                task = asyncio.create_task(send(sealed))
                self._tasks.add(task)
                task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._sending.release()
        if not task.cancelled() and (failure := task.exception()):
            self._failure = failure
            self._pending.set()

    def _require_sent(self) -> None:
        """End with what a sending failed with unforeseen; what can be foreseen it counts itself."""
        if self._failure is not None:
            raise self._failure

    def _on_frame(self) -> None:
        self._loop.call_soon_threadsafe(self._pending.set)

    def _on_state(self, status: ReaderStatus) -> None:
        self._loop.call_soon_threadsafe(self._changed, status)

    def _changed(self, status: ReaderStatus) -> None:
        _log.info(
            "camera",
            camera_id=self.camera.camera_id,
            state=status.state.value,
            reason=status.reason or None,
        )
        self.ended = status.state in _FINAL
        self.fault = (status.reason or _garbled(status)) if self.ended else None
        self.state, self.trouble = status.state.value, status.reason or None
        self._pending.set()


def _garbled(status: ReaderStatus) -> str | None:
    """Return what to tell of footage that came to its end with pictures missing."""
    if status.state is not ReaderState.ENDED or not status.garbled:
        return None
    return (
        f"{status.garbled} of its pictures couldn't be decoded: the footage is damaged, "
        "check the file"
    )


class Cameras:
    """Starts and stops cameras as ownership, assignments, orders and keys come and go."""

    def __init__(
        self,
        holder: Holder,
        orders: OrderBook,
        threads: Threads,
        *,
        send_frame: SendFrame,
        send_counts: SendCounts,
        frames_in_flight: int,
        opener: SourceOpener | None = None,
    ) -> None:
        self._holder = holder
        self._orders = orders
        self._threads = threads
        self._send_frame = send_frame
        self._counts = Counts(send_counts)
        self._frames_in_flight = frames_in_flight
        self._opener = opener or SourceOpener()
        self._assigned: dict[str, tuple[CameraAssigned, str]] = {}
        self._otherwise: dict[str, CameraAssigned] = {}
        self._running: dict[str, tuple[RunningCamera, asyncio.Task[None]]] = {}
        self._over: dict[str, CameraAssigned] = {}
        self.owned: frozenset[int] = frozenset()

    def assign(self, camera: CameraAssigned) -> None:
        """Take a camera's newest settings."""
        self._assigned[camera.camera_id] = camera, camera_hash(camera)

    def on_report(self, processed: FrameProcessed) -> None:
        """Make room in the flow of footage taken as fast as it goes."""
        running = self._running.get(processed.camera_id)
        if running is not None and running[0].flow is not None:
            running[0].flow.reported(processed.slot, processed.number)

    async def run(self) -> None:
        """Keep the running cameras to those that should run, and tell their counts."""
        try:
            for check in itertools.count():
                await self._reconcile()
                if check % _CHECKS_A_TELLING == 0:
                    await self._tell_running()
                await asyncio.sleep(_CHECK_S)
        finally:
            await asyncio.gather(*map(self._stop, list(self._running)))

    async def _reconcile(self) -> None:
        wanted = {c.camera_id: c for c, said in self._assigned.values() if self._may_run(c, said)}
        stopping: list[str] = []
        for camera_id, (running, task) in list(self._running.items()):
            if task.done():
                task.result()  # a failure that isn't the source's own ends the service
                self._over[camera_id] = running.camera
            if task.done() or wanted.get(camera_id) != running.camera:
                stopping.append(camera_id)
        # At once: a source that hangs is waited for, and the others don't wait with it.
        await asyncio.gather(*map(self._stop, stopping))
        for camera_id, camera in wanted.items():
            if camera_id not in self._running and self._over.get(camera_id) != camera:
                self._start(camera)

    def _may_run(self, camera: CameraAssigned, settings_hash: str) -> bool:
        if camera.withdrawn or partition_for(camera.camera_id) not in self.owned:
            return False
        live = self._orders.live_order(camera.camera_id, self._holder.clock.wall_us())
        if live is None:
            return False
        if not live.order.covers(camera.camera_id, camera.deployment_id, settings_hash):
            # Another deployment's, or not as its officer signed it: another source, other masks.
            self._tell_otherwise(camera)
            return False
        self._otherwise.pop(camera.camera_id, None)
        started = camera.camera_id in self._running
        return started or self._holder.holds(camera.camera_id, Purpose.FRAME)

    def _tell_otherwise(self, camera: CameraAssigned) -> None:
        if self._otherwise.get(camera.camera_id) != camera:
            self._otherwise[camera.camera_id] = camera
            _log.warning("camera is set otherwise than ordered", camera_id=camera.camera_id)

    def _start(self, camera: CameraAssigned) -> None:
        running = RunningCamera(
            camera,
            self._holder,
            self._orders,
            frames_in_flight=self._frames_in_flight,
            opener=self._opener,
        )
        task = asyncio.create_task(running.run(self._threads, self._send_frame))
        self._running[camera.camera_id] = (running, task)

    async def _stop(self, camera_id: str) -> None:
        running, task = self._running.pop(camera_id)
        # Asked before: a reader that is stopped ends too, and that isn't the end of its source.
        ended = running.ended
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        # That a source ended is told only after its last frame was counted.
        await self._counts.tell(running.counted(ended=ended))

    async def _tell_running(self) -> None:
        running = [each for each, _ in self._running.values()]
        await self._counts.tell([told for each in running for told in each.counted(waits=True)])
