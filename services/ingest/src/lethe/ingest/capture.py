"""Capture: a frame is stamped and given a key at its release, compressed and sealed soon after."""

from dataclasses import dataclass, field

from lethe.contracts.errors import Erased, Refused
from lethe.contracts.instants import Instant
from lethe.contracts.orders import CameraAssigned
from lethe.contracts.sealed import Purpose, SealAddress, SealedBody
from lethe.contracts.topics import FRAME_CAPTURED
from lethe.ingest.flow import Flow
from lethe.ingest.latest import LatestFrame, TakenFrame
from lethe.ingest.sources.ports import SourceFrame, is_jpeg
from lethe.ingest.tally import DropReason, Tally
from lethe.shredding.clock import instant
from lethe.shredding.holder import Holder
from lethe.shredding.memory import wipe_bytes
from lethe.shredding.orders import OrderBook
from lethe.shredding.sealing import FRAME_STEP_BYTES
from lethe.shredding.terms import Reservation
from lethe.vision.jpeg import encode_jpeg
from lethe.vision.polygons import blank

_SPARE_MS = 350
"""A key with less life left isn't used for capture: detect and match need the time."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a frame left its source, and the key it will be sealed with."""

    captured: Instant
    reservation: Reservation

    def address(self) -> SealAddress:
        """Return where the sealed frame belongs."""
        return SealAddress(
            deployment_id=self.reservation.deployment_id,
            order_hash=self.reservation.order_hash,
            lane=self.reservation.lane,
            slot=self.reservation.slot,
            number=self.reservation.number,
            purpose=self.reservation.purpose,
            captured=self.captured,
        )


@dataclass(frozen=True, slots=True)
class SealedFrame:
    """A frame ready for the broker.

    Attributes
    ----------
    is_awaited
        Whether the next frame waits for the report of this one.
    """

    address: SealAddress
    body: SealedBody = field(repr=False)
    is_awaited: bool = False


class Capture:
    """Turns one camera's frames into sealed ones. No frame outlives this without a key.

    Parameters
    ----------
    flow
        Given for footage that is taken as fast as it goes; None for cameras and realtime.
    """

    def __init__(
        self,
        camera: CameraAssigned,
        holder: Holder,
        orders: OrderBook,
        *,
        latest: LatestFrame[Stamp],
        tally: Tally,
        flow: Flow | None,
    ) -> None:
        self._camera = camera
        self._holder = holder
        self._orders = orders
        self._latest = latest
        self._tally = tally
        self._flow = flow

    def on_release(self, frame: SourceFrame) -> None:
        """Stamp a frame and leave it for sealing. Called by the camera's thread."""
        if self._flow is not None:
            self._release_when_possible(frame, self._flow)
            return
        stamp = self._stamp()
        if stamp is None:
            self._tally.dropped(self._camera.deployment_id, None, DropReason.NO_KEY)
            return
        self._drop(self._latest.offer(frame.image, stamp))

    def seal_next(self) -> SealedFrame | None:
        """Compress and seal the newest frame. Called by a worker thread.

        Returns
        -------
        SealedFrame or None
            None when there is none, or its key is gone.
        """
        with self._latest.take(timeout_s=0) as taken:
            if taken is None:
                return None
            try:
                sealed = self._compressed_and_sealed(taken)
            except Exception:
                self._drop(taken.stamp, DropReason.FAILED)
                raise
        if sealed is not None:
            address = sealed.address
            self._holder.finish(address)
            self._tally.captured(
                address.deployment_id, address.slot, address.number, address.captured
            )
        return sealed

    def _compressed_and_sealed(self, taken: TakenFrame[Stamp]) -> SealedFrame | None:
        """Blank the masks, compress and seal; a JPEG of the camera is sealed as it came."""
        if is_jpeg(taken.image):
            if self._camera.masks:
                raise RuntimeError("a JPEG of a camera with masks wasn't decoded")
            return self._seal(taken.stamp, taken.image.data)
        blank(taken.image, self._camera.masks)
        jpeg = encode_jpeg(taken.image, self._camera.jpeg_quality)
        try:
            return self._seal(taken.stamp, memoryview(jpeg))
        finally:
            wipe_bytes(jpeg)

    def _seal(self, stamp: Stamp, jpeg: memoryview) -> SealedFrame | None:
        """Seal under the stamp's key, or where nothing may be dropped, under a later one."""
        current: Stamp | None = stamp
        while current is not None:
            address = current.address()
            try:
                body = self._holder.seal(FRAME_CAPTURED.name, address, jpeg, step=FRAME_STEP_BYTES)
                return SealedFrame(address, body, is_awaited=self._flow is not None)
            except (Erased, Refused):
                self._holder.release(current.reservation)
                if self._flow is None:
                    break
                self._flow.reported(address.slot, address.number)
                current = self._stamp_when_possible(self._flow)
        reservation = stamp.reservation
        self._tally.dropped(reservation.deployment_id, reservation.slot, DropReason.KEY_GONE)
        return None

    def forget(self) -> None:
        """Overwrite and drop the frame that waits: its camera is silent."""
        self._drop(self._latest.clear(), DropReason.STALLED)

    def close(self) -> None:
        """Take no more frames; the one that waits is overwritten and dropped."""
        if self._flow is not None:
            self._flow.close()
        self._drop(self._latest.close())

    def _stamp(self) -> Stamp | None:
        """Return the present moment with a key in hand, under the camera's order if it is live."""
        camera_id = self._camera.camera_id
        live = self._orders.live_order(camera_id, self._holder.clock.wall_us())
        if live is None or live.order.deployment_id != self._camera.deployment_id:
            # Another order that follows at once has another source and other masks.
            return None
        reservation = self._holder.reserve(camera_id, Purpose.FRAME, spare_ms=_SPARE_MS)
        if reservation is None:
            return None
        self._holder.supersede(camera_id, Purpose.FRAME, reservation.slot, spared=0)
        # After the key: what is captured is never older than its key.
        return Stamp(instant(self._holder.clock), reservation)

    def _release_when_possible(self, frame: SourceFrame, flow: Flow) -> None:
        stamp = self._stamp_when_possible(flow) if flow.wait_for_room() else None
        if stamp is None:
            self._tally.dropped(self._camera.deployment_id, None, DropReason.CLOSED)
        elif not self._latest.offer_blocking(frame.image, stamp):
            self._drop(stamp)

    def _stamp_when_possible(self, flow: Flow) -> Stamp | None:
        """Wait for a key and note the frame as under way; None when the flow is closed."""
        stamp = self._stamp()
        while stamp is None:
            if not flow.pause():
                return None
            stamp = self._stamp()
        flow.captured(stamp.reservation.slot, stamp.reservation.number, stamp.captured)
        return stamp

    def _drop(self, stamp: Stamp | None, reason: DropReason = DropReason.OVERTAKEN) -> None:
        if stamp is not None:
            self._holder.release(stamp.reservation)
            reservation = stamp.reservation
            self._tally.dropped(reservation.deployment_id, reservation.slot, reason)
