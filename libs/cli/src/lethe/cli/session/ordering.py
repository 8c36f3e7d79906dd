"""The local order under which one run watches, signed with this machine's officer key."""

import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from lethe.cli.session.cameras import PlannedCamera
from lethe.cli.watchlist.people import Enrolled
from lethe.contracts.orders import (
    CameraAssigned,
    DeploymentOrder,
    DeploymentOrdered,
    OrderStatus,
    OrderType,
    camera_hash,
    watchlist_hash,
)
from lethe.shredding.authorising import sign_order
from lethe.shredding.order_content import LOCAL_HOURS_LIMIT
from lethe.shredding.signing import Signer, SigningKey

OFFICER = "officer"
_HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Deployment:
    """One order with the cameras it names."""

    order: DeploymentOrder
    cameras: list[CameraAssigned]
    officer_key_file: Path

    def running(self) -> DeploymentOrdered:
        """Return the order as it is put in force."""
        return sign_order(self.order, self._officer)

    def ended(self) -> DeploymentOrdered:
        """Return the order as it is ended.

        Its serial is above that of every state before: resuming counts them up one by one.
        """
        serial = time.time_ns() // 1000
        return sign_order(self.order, self._officer, status=OrderStatus.ENDED, serial=serial)

    @property
    def _officer(self) -> SigningKey:
        return Signer.from_file(self.officer_key_file)


def new_watchlist_id() -> str:
    """Return a fresh watchlist id: a run never enrols into another run's list."""
    return f"local-{uuid.uuid4().hex[:12]}"


def local_deployment(
    *,
    cameras: list[PlannedCamera],
    watchlist_id: str,
    enrolled: list[Enrolled],
    threshold: float,
    realtime: bool,
    loop: bool,
    officer_key_file: Path,
    wall_us: int,
    area: str | None = None,
    receipts_key: str | None = None,
) -> Deployment:
    """Make the order of one run: from now on, for as long as a local order may last.

    Parameters
    ----------
    cameras
        As they were checked.
    enrolled
        What became references; the order's hash covers exactly these.
    wall_us
        The present time, UTC in microseconds.
    receipts_key
        The key that must sign the receipts of the run, by its fingerprint.
    """
    deployment_id = f"local-{uuid.uuid4().hex[:12]}"
    assigned = [camera.assigned(deployment_id, realtime=realtime, loop=loop) for camera in cameras]
    order = DeploymentOrder(
        deployment_id=deployment_id,
        type=OrderType.LOCAL,
        use_case="try-out on this machine",
        grounds="started by the user of this machine",
        authorised_by=OFFICER,
        camera_ids=[camera.camera_id for camera in cameras],
        camera_hashes={camera.camera_id: camera_hash(camera) for camera in assigned},
        starts_at_us=wall_us,
        ends_at_us=wall_us + LOCAL_HOURS_LIMIT * _HOUR_US,
        watchlist_id=watchlist_id,
        watchlist_hash=watchlist_hash([(each.subject_id, each.image_sha256) for each in enrolled]),
        watchlist_size=len({each.subject_id for each in enrolled}),
        threshold=threshold,
        area=area,
        receipts_key=receipts_key,
    )
    return Deployment(order, assigned, officer_key_file)
