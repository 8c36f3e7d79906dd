"""One synthetic example of every message: no biometrics, no names of people, always the same."""

from hashlib import sha256

from lethe.contracts.adjudication import AlertAdjudicated, Capacity, Outcome, Verdict
from lethe.contracts.base import Message
from lethe.contracts.cameras import Point
from lethe.contracts.enrolment import (
    EnrolmentOutcome,
    ReferenceEnrolled,
    ReferencePayload,
    TemplatePayload,
)
from lethe.contracts.headings import Heading
from lethe.contracts.instants import Instant
from lethe.contracts.keys import (
    AuditHead,
    CloseReason,
    DestroyedKeys,
    GrantedKey,
    KeyGranted,
    KeyTicket,
    Predecessor,
    Role,
    TransitKey,
)
from lethe.contracts.live import (
    AlertRaised,
    Candidate,
    CandidatesFound,
    CapturedFrame,
    FrameOutcome,
    FrameProcessed,
    ProbeDecided,
    ProbeOutcome,
    SlotClosed,
)
from lethe.contracts.orders import (
    CameraAssigned,
    DeploymentOrder,
    DeploymentOrdered,
    OrderState,
    OrderStatus,
    OrderType,
    camera_hash,
    order_hash,
)
from lethe.contracts.receipts import (
    AlertsErased,
    ErasedAlert,
    ErasedWatchlist,
    ErasureGround,
    ErasureReceipted,
    WatchlistGround,
    erased_watchlist_hash,
)
from lethe.contracts.sealed import Purpose, SealAddress, SignedEnvelope
from lethe.contracts.stack import DeadLetter, GenerationOpened
from lethe.contracts.suspension import DeploymentSuspended, SuspensionGround

_BOOT_ID = "0123456789abcdef"
_WALL_US = 1_767_225_600_000_000
_BOOT_US = 86_400_000_000
_HOUR_US = 3_600_000_000
_SLOT = "term-7f3a-42"
_CAMERA = "gate-1"


def _at(after_ms: int) -> Instant:
    return Instant(
        boot_id=_BOOT_ID, boot_us=_BOOT_US + after_ms * 1000, wall_us=_WALL_US + after_ms * 1000
    )


def _filler(label: str, size: int) -> bytes:
    """Return bytes that stand for a key, a signature or a ciphertext and are none."""
    block = sha256(b"lethe example\0" + label.encode()).digest()
    return (block * (size // len(block) + 1))[:size]


def _digest(label: str) -> str:
    return _filler(label, 32).hex()


def _signed(signer: str, message: Message) -> SignedEnvelope:
    return SignedEnvelope(
        signer=signer, payload=message.encode(), signature=_filler(f"signature {signer}", 64)
    )


_CAMERA_ASSIGNED = CameraAssigned(
    camera_id=_CAMERA,
    deployment_id="deployment-1",
    source="rtsp://gate-1.example/stream",
    secret="gate-1",  # noqa: S106 - the name of a secret, not a secret
    masks=[[Point(0.0, 0.0), Point(0.3, 0.0), Point(0.0, 0.2)]],
    zone=[Point(0.1, 0.3), Point(0.9, 0.3), Point(0.9, 1.0), Point(0.1, 1.0)],
)
_ORDER = DeploymentOrder(
    deployment_id=_CAMERA_ASSIGNED.deployment_id,
    type=OrderType.LOCAL,
    use_case="demonstration",
    grounds="example",
    authorised_by="officer",
    camera_ids=[_CAMERA],
    camera_hashes={_CAMERA: camera_hash(_CAMERA_ASSIGNED)},
    starts_at_us=_WALL_US,
    ends_at_us=_WALL_US + _HOUR_US,
    watchlist_id="watchlist-1",
    watchlist_hash=_digest("watchlist"),
    watchlist_size=2,
    threshold=0.6,
)
_ORDER_HASH = order_hash(_ORDER.encode())
_STATE = OrderState(
    deployment_id=_ORDER.deployment_id,
    order_hash=_ORDER_HASH,
    status=OrderStatus.RUNNING,
    serial=1,
)
_GRANTED_KEY = GrantedKey(
    slot=_SLOT,
    lane=_CAMERA,
    purpose=Purpose.FRAME,
    deployment_id=_ORDER.deployment_id,
    order_hash=_ORDER_HASH,
    commitment=_filler("commitment", 32),
)
_AUDIT_HEAD = AuditHead(log="5f0c2a7d91be4421", size=42, digest=_digest("audit"))
_TICKET = KeyTicket(
    instance_id="detect-1",
    role=Role.DETECT,
    boot="4d1c2b3a",
    sequence=17,
    sent=_at(0),
    public_key=_filler("public key", 1216),
    partitions=[0, 1, 2, 3],
    generation=3,
    software=_digest("software"),
    enrols=True,
    destroyed=[
        DestroyedKeys(
            slot=_SLOT,
            lane=_CAMERA,
            purpose=Purpose.FRAME,
            numbers=[0, 1],
            at_boot_us=[_BOOT_US - 90_000, _BOOT_US - 10_000],
            closed_at_boot_us=_BOOT_US - 5_000,
            reason=CloseReason.SUPERSEDED,
        )
    ],
    transit=TransitKey(key_id="transit-1", public_key=_filler("transit key", 1216)),
    predecessor=Predecessor(boot="a1b2c3d4", exited=_at(-60_000)),
    started=_at(-59_000),
    model=_digest("model pack"),
    audit=_AUDIT_HEAD,
)
_CANDIDATES = [
    Candidate(subject_id="subject-1", reference_id="reference-1", score=0.74, cosine=0.58)
]

EXAMPLES: tuple[Message, ...] = (
    _AUDIT_HEAD,
    AlertAdjudicated(
        alert_id="alert-1",
        number=1,
        camera_id=_CAMERA,
        deployment_id=_ORDER.deployment_id,
        verdict=Verdict.FALSE_ALERT,
        confirmed=True,
        outcome=Outcome.NO_ACTION,
        adjudicated=_at(42_000),
        capacity=Capacity.ENGAGEMENT_OFFICER,
    ),
    AlertsErased(
        instance_id="alert-1",
        alerts=[
            ErasedAlert(
                alert_id="alert-1",
                deployment_id=_ORDER.deployment_id,
                ground=ErasureGround.FALSE_ALERT,
            )
        ],
        sent=_at(43_000),
        watchlists=[
            ErasedWatchlist(
                id_hash=erased_watchlist_hash(_ORDER.watchlist_id, _ORDER.watchlist_hash),
                deployment_id=_ORDER.deployment_id,
                ground=WatchlistGround.DEPLOYMENT_OVER,
            )
        ],
    ),
    AlertRaised(
        alert_id="alert-1",
        sequence=1,
        camera_id=_CAMERA,
        deployment_id=_ORDER.deployment_id,
        subject_id="subject-1",
        score=0.74,
        cosine=0.58,
        captured=_at(100),
        published=_at(340),
    ),
    _CAMERA_ASSIGNED,
    CandidatesFound(
        search_id="search-1",
        camera_id=_CAMERA,
        deployment_id=_ORDER.deployment_id,
        order_hash=_ORDER_HASH,
        watchlist_id="watchlist-1",
        threshold=0.6,
        captured=_at(100),
        decided=_at(290),
        candidates=_CANDIDATES,
        transit_key_id="transit-1",
        sealed_crop=_filler("sealed crop", 64),
        sealed_figure=_filler("sealed figure", 64),
        heading=Heading.TOWARDS_LEFT,
    ),
    DeadLetter(
        topic="lethe.ingest.frame-captured.v1",
        partition=3,
        offset=1024,
        consumer="detect-1",
        error="InvalidMessage",
        at=_at(150),
    ),
    _ORDER,
    DeploymentOrdered(order=_signed("officer", _ORDER), state=_signed("officer", _STATE)),
    ErasureReceipted(
        origin="lethe-receipts/0123456789abcdef/purge-1/7f3a",
        signer="lethe-receipts/0123456789abcdef+00000000+AQ==",
        first=0,
        leaves=[b'{"kind":"term-ended"}'],
        checkpoint="lethe-receipts/0123456789abcdef/purge-1/7f3a\n1\nAA==\n\n",
    ),
    FrameProcessed(
        camera_id=_CAMERA,
        deployment_id=_ORDER.deployment_id,
        slot=_SLOT,
        number=4,
        captured=_at(100),
        at=_at(180),
        outcome=FrameOutcome.PROCESSED,
        faces_seen=3,
        probes=[0, 1],
        discarded={"small": 1},
    ),
    GenerationOpened(generation=2, opened=_at(0)),
    DeploymentSuspended(
        suspension_id="purge-1-9b1c7a52",
        deployment_id="deployment-1",
        ground=SuspensionGround.COPY_OPEN,
        slot=_SLOT,
        at=_at(11_200),
    ),
    _at(0),
    KeyGranted(
        term="term-7f3a",
        slot=_SLOT,
        made=_at(20),
        holder=_TICKET.instance_id,
        boot=_TICKET.boot,
        role=_TICKET.role,
        ticket_sequence=_TICKET.sequence,
        ticket_hash=sha256(_TICKET.encode()).digest(),
        keys=[_GRANTED_KEY],
        sealed=_filler("sealed keys", 1168),
    ),
    _TICKET,
    _STATE,
    ProbeDecided(
        camera_id=_CAMERA,
        deployment_id=_ORDER.deployment_id,
        slot=_SLOT,
        number=1,
        frame_number=4,
        captured=_at(100),
        at=_at(290),
        outcome=ProbeOutcome.NON_MATCH,
    ),
    ReferenceEnrolled(
        reference_id="reference-1",
        watchlist_id="watchlist-1",
        instance_id="match-1",
        outcome=EnrolmentOutcome.ENROLLED,
        model=_digest("model pack"),
    ),
    ReferencePayload(
        reference_id="reference-1",
        subject_id="subject-1",
        watchlist_id="watchlist-1",
        image_sha256=_digest("image"),
        image=_filler("image", 48),
    ),
    SealAddress(
        deployment_id=_ORDER.deployment_id,
        order_hash=_ORDER_HASH,
        lane=_CAMERA,
        slot=_SLOT,
        number=1,
        purpose=Purpose.PROBE,
        captured=_at(100),
        frame_number=4,
    ),
    _signed("officer", _STATE),
    SlotClosed(
        camera_id=_CAMERA,
        deployment_id=_ORDER.deployment_id,
        instance_id="ingest-1",
        slot=_SLOT,
        closed=_at(220),
        offered=3,
        captured=[
            CapturedFrame(number=0, captured_boot_us=_BOOT_US + 20_000),
            CapturedFrame(number=1, captured_boot_us=_BOOT_US + 100_000),
        ],
        dropped={"no-key": 1},
        state="running",
    ),
    TemplatePayload(
        reference_id="reference-1",
        subject_id="subject-1",
        watchlist_id="watchlist-1",
        image_sha256=_digest("image"),
        template=b"",
        fault="no-face",
        model=_digest("model pack"),
    ),
)
"""Sorted by the name of the message."""
