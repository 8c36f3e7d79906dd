"""Deployment orders, their states and the cameras they name."""

import json
from collections.abc import Iterable
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Self

from pydantic import Field

from lethe.contracts.base import Message
from lethe.contracts.bounds import Count, Name, WallTime
from lethe.contracts.cameras import (
    MOST_MASKS,
    MaxRate,
    MaxWidth,
    Polygon,
    SecretName,
    Source,
    Transport,
)
from lethe.contracts.sealed import SignedEnvelope

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

MOST_WITHDRAWN = 1_000
"""Subjects that may be withdrawn under one order: all of them stand in each of its states."""


class OrderType(StrEnum):
    """What kind of order.

    A local one is signed by the machine's own user for a try-out; an operational one is drafted
    by one person and authorised by another.
    """

    LOCAL = "local"
    OPERATIONAL = "operational"


class DeploymentOrder(Message):
    """What an authorising officer signs. Immutable: its hash names it everywhere.

    Attributes
    ----------
    starts_at_us, ends_at_us
        The window, UTC in microseconds since 1970; nothing is captured outside it.
    watchlist_hash
        SHA-256 over the watchlist's subjects and image hashes, see `watchlist_hash`.
    details_hash
        SHA-256 (hex) over what alert keeps, sealed, of the watchlist and of each of its subjects:
        grounds, instructions, markers and the like, see ADR 0092. alert takes the order only while
        it is that. None, of local orders and those from before there was any, leaves it open.
    threshold
        Comparison score 0..1 from which candidates are returned.
    area
        Where it takes place, as tokens of officers name it. Without one, officers who are
        limited to areas don't see it.
    receipts_key
        SHA-256 (hex) of the public key that receipts must be signed with: purge obeys the order
        only if that is its own. None leaves it open.
    false_alert_budget
        How many alerts may be adjudicated as false; one more suspends the deployment.
    zone
        Where faces are looked for, in words for the public.
    camera_hashes
        SHA-256 (hex) of each camera's settings by its name, see `camera_hash`: a camera that is
        set otherwise isn't captured. None, of orders from before there were any, leaves them open.
    sample_least, sample_share
        How many subjects of the watchlist, or what share of them, people must have checked, and
        found none wrong: the larger counts. alert takes the order then only.
    keeps_sightings
        Whether alert keeps when an alert's subject was seen, each time, as long as the alert. Else
        it keeps the latest time only: where somebody was when is a record of their movements.
    draft
        The order as its drafter signed it: all of this but for the draft itself, and without who
        authorises it. A local order has none.
    """

    deployment_id: Name
    type: OrderType
    use_case: str
    grounds: str
    authorised_by: str
    camera_ids: list[Name]
    starts_at_us: WallTime
    ends_at_us: WallTime
    watchlist_id: str
    watchlist_hash: str
    watchlist_size: int
    details_hash: _Sha256 | None = None
    threshold: float = Field(ge=0, le=1)
    alert_retention_hours: int = Field(default=24, ge=1, le=744)
    area: Name | None = None
    receipts_key: _Sha256 | None = None
    false_alert_budget: Count | None = None
    zone: Name | None = None
    camera_hashes: dict[Name, _Sha256] | None = None
    draft: SignedEnvelope | None = None
    sample_least: Count | None = None
    sample_share: float | None = Field(default=None, ge=0, le=1)
    keeps_sightings: bool = False

    def authorised(self, officer: str, draft: SignedEnvelope) -> Self:
        """Return the order that an officer signs for this draft."""
        return self.model_copy(update={"authorised_by": officer, "draft": draft})

    def covers(self, camera_id: str, deployment_id: str, settings_hash: str) -> bool:
        """Tell whether this order names a camera, set as it was when it was signed.

        Parameters
        ----------
        deployment_id
            Whose camera it is said to be.
        settings_hash
            Of its settings, see `camera_hash`.
        """
        if deployment_id != self.deployment_id or camera_id not in self.camera_ids:
            return False
        return self.camera_hashes is None or self.camera_hashes.get(camera_id) == settings_hash


class OrderStatus(StrEnum):
    """Where in its life an order is."""

    RUNNING = "running"
    ENDED = "ended"


class OrderState(Message):
    """A signed step in the life of an order; its serial can't go back.

    Attributes
    ----------
    lifts
        The suspension that this step lifts; None where it lifts none.
    ended_by
        Who had alert end it, as their token names them; None where an officer signed this.
    withdrawn
        Subjects of the watchlist who aren't searched for any more: all who were withdrawn so far,
        since a later state without one of them is refused.
    """

    deployment_id: Name
    order_hash: str
    status: OrderStatus
    serial: int
    lifts: Name | None = None
    ended_by: Name | None = None
    withdrawn: list[Name] = Field(default_factory=list, max_length=MOST_WITHDRAWN)


class DeploymentOrdered(Message):
    """An order and its state, each in the envelope its officer signed."""

    order: SignedEnvelope
    state: SignedEnvelope


class CameraAssigned(Message):
    """A camera's source and settings. It names a secret where one is needed, never contains it.

    Attributes
    ----------
    realtime
        Frames are released by their timestamps; otherwise as fast as the pipeline takes them.
        A live source always goes at its own pace.
    loop
        Begin again when the footage ends.
    follow
        A folder of stills is watched for new pictures and never ends.
    secret
        Name of the secret that holds the user and the password of the source.
    transport
        How RTSP brings its pictures.
    masks
        Parts of the picture that are never looked at: blanked before it is compressed.
    zone
        Zone of recognition: faces whose centre lies outside it are discarded.
    """

    camera_id: Name
    deployment_id: Name
    source: Source
    realtime: bool = True
    loop: bool = False
    max_fps: MaxRate = 12.0
    max_width: MaxWidth = 1280
    jpeg_quality: int = Field(default=85, ge=1, le=100)
    withdrawn: bool = False
    follow: bool = False
    secret: SecretName | None = None
    transport: Transport = Transport.TCP
    masks: list[Polygon] = Field(default_factory=list, max_length=MOST_MASKS)
    zone: Polygon | None = None


def order_hash(order_payload: bytes) -> str:
    """Return the SHA-256 (hex) that names an order, over the payload that was signed."""
    return sha256(b"lethe order v1\0" + order_payload).hexdigest()


def camera_hash(camera: CameraAssigned) -> str:
    """Return the SHA-256 (hex) of what is looked at: everything that is set of a camera.

    A setting that has its default isn't part of it, so that a later version with one more setting
    has the same hash for what was signed before. Whether the camera is withdrawn isn't either:
    that takes it away, and sets nothing.
    """
    settings = camera.model_dump(
        mode="json", exclude={"deployment_id", "withdrawn"}, exclude_defaults=True
    )
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(b"lethe camera v1\0" + canonical.encode()).hexdigest()


def watchlist_hash(references: list[tuple[str, str]]) -> str:
    """Return the SHA-256 (hex) of a watchlist's content.

    Parameters
    ----------
    references
        Pairs of subject id and the SHA-256 (hex) of one of its images, in any order.
    """
    digest = sha256(b"lethe watchlist v1\0")
    for subject_id, image_sha256 in sorted(references):
        encoded = subject_id.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded + bytes.fromhex(image_sha256))
    return digest.hexdigest()


def withdrawal_hash(subject_ids: Iterable[str]) -> str:
    """Return the SHA-256 (hex) of who is withdrawn, in any order; empty where nobody is."""
    withdrawn = sorted(set(subject_ids))
    if not withdrawn:
        return ""
    digest = sha256(b"lethe withdrawn v1\0")
    for encoded in (each.encode() for each in withdrawn):
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return digest.hexdigest()
