"""Capture: a frame is stamped and given a key at its release, compressed and sealed soon after."""

from dataclasses import dataclass, field

from lethe.contracts.errors import Erased, Refused
from lethe.contracts.instants import Instant
from lethe.contracts.orders import CameraAssigned
from lethe.contracts.sealed import Purpose, SealAddress
from lethe.contracts.topics import FRAME_CAPTURED
from lethe.ingest.flow import Flow
from lethe.ingest.latest import LatestFrame
from lethe.ingest.sources.ports import SourceFrame
from lethe.ingest.tally import DropReason, Tally
from lethe.shredding.clock import instant
from lethe.shredding.holder import Holder, Reservation
from lethe.shredding.memory import wipe_bytes
from lethe.shredding.orders import OrderBook
from lethe.shredding.sealing import FRAME_STEP_BYTES
from lethe.vision.jpeg import encode_jpeg

_SPARE_MS = 350
"""A key with less life left isn't used for capture: detect and match need the time."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a frame left its source, and the key it will be sealed with."""

    captured: Instant
    reservation: Reservation


@dataclass(frozen=True, slots=True)
class SealedFrame:
    """A frame ready for the broker."""

    address: SealAddress
    body: bytes = field(repr=False)


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
            reservation = taken.stamp.reservation
            address = SealAddress(
                deployment_id=reservation.deployment_id,
                order_hash=reservation.order_hash,
                lane=reservation.lane,
                slot=reservation.slot,
                number=reservation.number,
                purpose=reservation.purpose,
                captured=taken.stamp.captured,
            )
            jpeg = encode_jpeg(taken.image, self._camera.jpeg_quality)
            try:
                body = self._holder.seal(
                    FRAME_CAPTURED.name, address, memoryview(jpeg), step=FRAME_STEP_BYTES
                )
            except (Erased, Refused):
                self._holder.release(reservation)
                self._tally.dropped(address.deployment_id, address.slot, DropReason.KEY_GONE)
                return None
            finally:
                wipe_bytes(jpeg)
        self._holder.finish(address)
        self._tally.captured(address.deployment_id, address.slot, address.number, address.captured)
        return SealedFrame(address, body)

    def close(self) -> None:
        """Take no more frames; the one that waits is overwritten and dropped."""
        if self._flow is not None:
            self._flow.close()
        self._drop(self._latest.close())

    def _stamp(self) -> Stamp | None:
        """Return the present moment with a key in hand, under an order live at this moment."""
        camera_id = self._camera.camera_id
        wall_us = self._holder.clock.wall_us()
        if self._orders.live_order(camera_id, wall_us) is None:
            return None
        reservation = self._holder.reserve(camera_id, Purpose.FRAME, spare_ms=_SPARE_MS)
        if reservation is None:
            return None
        self._holder.supersede(camera_id, Purpose.FRAME, reservation.slot, spared=0)
        # After the key: what is captured is never older than its key.
        return Stamp(instant(self._holder.clock), reservation)

    def _release_when_possible(self, frame: SourceFrame, flow: Flow) -> None:
        if not flow.wait_for_room():
            return
        stamp = self._stamp()
        while stamp is None:
            if not flow.pause():
                return
            stamp = self._stamp()
        flow.captured(stamp.reservation.slot, stamp.reservation.number, stamp.captured)
        if not self._latest.offer_blocking(frame.image, stamp):
            self._drop(stamp)

    def _drop(self, stamp: Stamp | None) -> None:
        if stamp is not None:
            self._holder.release(stamp.reservation)
            reservation = stamp.reservation
            self._tally.dropped(reservation.deployment_id, reservation.slot, DropReason.OVERTAKEN)
