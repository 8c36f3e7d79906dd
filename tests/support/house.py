"""The cameras of one ingest instance on a live path, with a broker that remembers."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from tests.support.brokers import eventually
from tests.support.forgetting import CAMERA
from tests.support.live_path import LivePath

from lethe.contracts.keys import Role
from lethe.contracts.live import FrameOutcome, FrameProcessed, SlotClosed
from lethe.contracts.orders import CameraAssigned
from lethe.contracts.sealed import SealAddress
from lethe.contracts.topic import partition_for
from lethe.ingest.cameras import Cameras
from lethe.ingest.capture import SealedFrame
from lethe.runtime.threads import Threads
from lethe.shredding.trust import LocalTrust

IN_FLIGHT = 5
OWNED = frozenset({partition_for(CAMERA)})


class House:
    """The cameras of one instance, with a broker that remembers.

    Parameters
    ----------
    order
        What the order says otherwise than usual.

    Attributes
    ----------
    told
        Sealed frames and counts in the order in which they were sent.
    """

    def __init__(self, trust: LocalTrust, threads: Threads, **order: object) -> None:
        self.path = LivePath(trust, **order)
        self.told: list[SealedFrame | SlotClosed] = []
        self.cameras = Cameras(
            self.path.holders[Role.INGEST],
            self.path.book,
            threads,
            send_frame=self._send,
            send_counts=self._send_counts,
            frames_in_flight=IN_FLIGHT,
        )

    async def _send(self, told: SealedFrame) -> None:
        self.told.append(told)

    async def _send_counts(self, told: Sequence[SlotClosed]) -> None:
        self.told.extend(told)

    @property
    def frames(self) -> list[SealedFrame]:
        return [told for told in self.told if isinstance(told, SealedFrame)]

    @property
    def counts(self) -> list[SlotClosed]:
        return [told for told in self.told if isinstance(told, SlotClosed)]

    @property
    def runs(self) -> bool:
        return CAMERA in self.cameras._running

    async def look(self) -> bool:
        """Let the cameras be reconciled and told of once; tell whether the camera runs."""
        await self.cameras._reconcile()
        await self.cameras._tell_running()
        return self.runs

    async def until_over(self) -> None:
        """Wait until the running camera has ended by itself, then reconcile."""
        _, task = self.cameras._running[CAMERA]
        await asyncio.wait([task])
        assert not await self.look()

    async def until_frames(self, count: int) -> None:
        await eventually(lambda: len(self.frames) >= count)

    async def prepare(self, camera: CameraAssigned) -> None:
        """Bring about everything that a camera needs to run."""
        self.cameras.assign(camera)
        self.cameras.owned = OWNED
        self.path.run_slot()


def camera_of(source: Path, **changes: object) -> CameraAssigned:
    """Return a camera whose footage is taken as fast as it goes."""
    content = {"camera_id": CAMERA, "deployment_id": "deployment-1", "source": str(source)}
    return CameraAssigned.model_validate(content | {"realtime": False} | changes)


def camera_at(address: str) -> CameraAssigned:
    """Return a camera whose source is an address rather than a path."""
    return camera_of(Path("none")).model_copy(update={"source": address})


def report_of(address: SealAddress) -> FrameProcessed:
    return FrameProcessed(
        camera_id=address.lane,
        deployment_id=address.deployment_id,
        slot=address.slot,
        number=address.number,
        captured=address.captured,
        at=address.captured,
        outcome=FrameOutcome.PROCESSED,
    )
