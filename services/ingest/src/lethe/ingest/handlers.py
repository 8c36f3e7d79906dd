"""Records in, domain calls out."""

from lethe.contracts.live import FrameProcessed
from lethe.contracts.orders import CameraAssigned, DeploymentOrdered
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.topics import (
    CAMERA_ASSIGNED,
    DEPLOYMENT_ORDERED,
    FRAME_PROCESSED,
    KEY_GRANTED,
)
from lethe.ingest.cameras import Cameras
from lethe.runtime.reader import Start, Subscription
from lethe.runtime.records import Record
from lethe.shredding.keytraffic import KeyTraffic
from lethe.shredding.membership import Membership


class Handlers:
    """About five lines each: check, decode, call the domain."""

    def __init__(self, member: Membership, cameras: Cameras, keys: KeyTraffic) -> None:
        self._member = member
        self._cameras = cameras
        self._keys = keys

    def subscriptions(self) -> list[Subscription]:
        """Return ingest's dispatch table."""
        return [
            Subscription(KEY_GRANTED, self.on_grant),
            Subscription(DEPLOYMENT_ORDERED, self.on_order, Start.BEGINNING),
            Subscription(CAMERA_ASSIGNED, self.on_camera, Start.BEGINNING),
            Subscription(FRAME_PROCESSED, self.on_report),
        ]

    async def on_grant(self, record: Record) -> None:
        """Take a grant."""
        self._keys.on_grant(record.key, record.body)

    async def on_order(self, record: Record) -> None:
        """Verify an order by ourselves and hold it."""
        ordered = DeploymentOrdered.decode(record.body)
        self._member.orders.hear(ordered, self._member.clock.wall_us())

    async def on_camera(self, record: Record) -> None:
        """Check alert's signature and take a camera's settings."""
        envelope = SignedEnvelope.decode(record.body)
        roles = (record.topic.producer,)
        self._member.roster.check(envelope, record.topic.name, roles, self._member.clock.wall_us())
        self._cameras.assign(CameraAssigned.decode(envelope.payload))

    async def on_report(self, record: Record) -> None:
        """Note that a frame was processed."""
        self._cameras.on_report(FrameProcessed.decode(record.body))
