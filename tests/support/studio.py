"""One camera of a live path, from the release of a picture to its sealed frame."""

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from tests.support.clips import striped
from tests.support.forgetting import CAMERA
from tests.support.live_path import LivePath

from lethe.contracts.keys import Role
from lethe.contracts.orders import CameraAssigned
from lethe.contracts.topics import FRAME_CAPTURED
from lethe.ingest.capture import Capture, SealedFrame, Stamp
from lethe.ingest.flow import Flow
from lethe.ingest.latest import LatestFrame
from lethe.ingest.sources import SourceFrame
from lethe.ingest.tally import Tally
from lethe.shredding.trust import LocalTrust
from lethe.vision.buffers import WipedBuffer
from lethe.vision.jpeg import decode_jpeg_into

LONG_S = 20.0


class Studio:
    """One camera of a live path.

    Parameters
    ----------
    realtime
        As of a camera; otherwise as footage that is taken as fast as it goes.
    settings
        Further ones of the camera.
    """

    def __init__(self, trust: LocalTrust, *, realtime: bool = True, **settings: object) -> None:
        self.path = LivePath(trust)
        self.holder = self.path.holders[Role.INGEST]
        content = {"camera_id": CAMERA, "deployment_id": "deployment-1", "source": "none"}
        camera = CameraAssigned.model_validate(content | settings)
        self.flow = None if realtime else Flow(self.path.clock, window=3, budget_ms=1000)
        self.latest = LatestFrame[Stamp]()
        self.tally = Tally(CAMERA, "ingest-1", self.path.clock)
        self.capture = Capture(
            camera,
            self.holder,
            self.path.book,
            latest=self.latest,
            tally=self.tally,
            flow=self.flow,
        )

    def release(self, level: int = 200) -> NDArray[np.uint8]:
        """Release one picture and return it."""
        image = striped(level)
        self.capture.on_release(SourceFrame(image, 0.0))
        return image

    def told(self) -> dict[str, int]:
        """Return what was counted since the last call."""
        counts = {"captured": 0}
        for closed in self.tally.drain():
            assert closed.offered == len(closed.captured) + sum(closed.dropped.values())
            counts["captured"] += len(closed.captured)
            for reason, count in closed.dropped.items():
                counts[reason] = counts.get(reason, 0) + count
        return counts

    def check_nothing_is_busy(self) -> None:
        """Check that no number is reserved any more: a busy one would keep its slot alive."""
        self.holder.release_all()
        assert self.holder.holds_nothing()

    def check_pictures_are_gone(self) -> None:
        """Check the owned buffers, also where a picture lay before."""
        assert not any(buffer._memory.any() for buffer in self.latest._buffers)

    def pass_the_keys_end(self) -> None:
        """Let the time come at which the keys in hand are wiped."""
        self.path.time.advance_ms(800)
        for holder in self.path.holders.values():
            holder.reap()


def shows(studio: Studio, sealed: SealedFrame, image: NDArray[np.uint8]) -> bool:
    """Open a sealed frame at detect and tell whether it shows a picture."""
    room = memoryview(bytearray(len(sealed.body)))
    detect = studio.path.holders[Role.DETECT]
    with (
        WipedBuffer(image.nbytes) as pixels,
        detect.opening(FRAME_CAPTURED.name, sealed.address, sealed.body, room) as jpeg,
    ):
        shown = decode_jpeg_into(jpeg, pixels)
        # Chroma is halved in JPEG: away from the edge between the stripes colours are kept.
        difference = np.abs(shown.astype(int) - image)[:, np.r_[0:40, 56:96]]
        return bool(difference.max() < 12)


def waiting_for_a_key(studio: Studio, call: Callable[[], object]) -> threading.Thread:
    """Return a thread that is seen to wait for a key."""
    assert studio.flow is not None
    pause, paused = studio.flow.pause, threading.Event()

    def seen() -> bool:
        paused.set()
        return pause()

    studio.flow.pause = seen  # type: ignore[method-assign]
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    assert paused.wait(LONG_S)
    return thread
