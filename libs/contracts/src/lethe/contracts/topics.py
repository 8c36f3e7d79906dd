"""The topic registry: the one source for brokers, manifests, access rules and the docs table."""

from lethe.contracts.adjudication import AlertAdjudicated
from lethe.contracts.base import Message
from lethe.contracts.enrolment import ReferenceEnrolled
from lethe.contracts.keys import KeyGranted, KeyTicket
from lethe.contracts.live import (
    AlertRaised,
    CandidatesFound,
    FrameProcessed,
    ProbeDecided,
    SlotClosed,
)
from lethe.contracts.orders import CameraAssigned, DeploymentOrdered
from lethe.contracts.receipts import AlertsErased, ErasureReceipted
from lethe.contracts.stack import GenerationOpened
from lethe.contracts.suspension import DeploymentSuspended
from lethe.contracts.topic import (
    HOUR_MS,
    MIB,
    PARTITIONS,
    Body,
    Cleanup,
    MessageTopic,
    SealedTopic,
    Topic,
)


def _sealed(
    name: str,
    producer: str,
    consumers: tuple[str, ...],
    *,
    partitions: int = PARTITIONS,
    largest_mib: int = 4,
) -> SealedTopic:
    return SealedTopic(
        name=f"lethe.{producer}.{name}.v1",
        partitions=partitions,
        producer=producer,
        consumers=consumers,
        key="lane",
        body=Body.SEALED,
        message=None,
        retention_ms=5_000,
        segment_ms=1_000,
        segment_bytes=largest_mib * MIB,
        max_message_bytes=largest_mib * MIB,
        file_delete_delay_ms=0,
        rolls=True,
    )


def _counted(
    name: str, producer: str, consumers: tuple[str, ...], message: type[Message]
) -> MessageTopic:
    return MessageTopic(
        name=f"lethe.{producer}.{name}.v1",
        producer=producer,
        consumers=consumers,
        key="camera_id",
        body=Body.PLAIN,
        message=message,
        partitions=1,
        rolls=True,
    )


def _ticket(holder: str, consumers: tuple[str, ...] = ("purge",)) -> MessageTopic:
    return MessageTopic(
        name=f"lethe.{holder}.key-ticket.v1",
        producer=holder,
        consumers=consumers,
        key="instance_id",
        body=Body.SIGNED,
        message=KeyTicket,
        partitions=1,
        rolls=True,
    )


DEPLOYMENT_ORDERED = MessageTopic(
    name="lethe.alert.deployment-ordered.v1",
    producer="alert",
    consumers=("ingest", "detect", "match", "purge", "alert"),
    key="deployment_id",
    body=Body.PLAIN,
    message=DeploymentOrdered,
    partitions=1,
    cleanup=Cleanup.COMPACT,
)
CAMERA_ASSIGNED = MessageTopic(
    name="lethe.alert.camera-assigned.v1",
    producer="alert",
    consumers=("ingest", "detect", "match", "alert"),
    key="camera_id",
    body=Body.SIGNED,
    message=CameraAssigned,
    cleanup=Cleanup.COMPACT,
)
FRAME_CAPTURED = _sealed("frame-captured", "ingest", ("detect",))
PROBE_EXTRACTED = _sealed("probe-extracted", "detect", ("match",))
VIEW_MADE = _sealed("view-made", "detect", ("alert",), partitions=1)
SLOT_CLOSED = _counted("slot-closed", "ingest", ("purge", "alert"), SlotClosed)
FRAME_PROCESSED = _counted("frame-processed", "detect", ("purge", "ingest"), FrameProcessed)
PROBE_DECIDED = _counted("probe-decided", "match", ("purge",), ProbeDecided)
CANDIDATES_FOUND = MessageTopic(
    name="lethe.match.candidates-found.v1",
    producer="match",
    consumers=("alert",),
    key="camera_id",
    body=Body.SIGNED,
    message=CandidatesFound,
    partitions=1,
    retention_ms=24 * HOUR_MS,
)
"""The owner of its one partition is the alert that leads."""
ALERT_RAISED = MessageTopic(
    name="lethe.alert.alert-raised.v1",
    producer="alert",
    consumers=(),
    key="alert_id",
    body=Body.PLAIN,
    message=AlertRaised,
    partitions=1,
    retention_ms=24 * HOUR_MS,
)
ALERT_ADJUDICATED = MessageTopic(
    name="lethe.alert.alert-adjudicated.v1",
    producer="alert",
    consumers=(),
    key="alert_id",
    body=Body.PLAIN,
    message=AlertAdjudicated,
    partitions=1,
    retention_ms=24 * HOUR_MS,
)
ALERTS_ERASED = MessageTopic(
    name="lethe.alert.alerts-erased.v1",
    producer="alert",
    consumers=("purge",),
    key="instance_id",
    body=Body.SIGNED,
    message=AlertsErased,
    partitions=1,
)
REFERENCE_SUBMITTED = _sealed(
    "reference-submitted", "alert", ("detect",), partitions=1, largest_mib=8
)
REFERENCE_EXTRACTED = _sealed("reference-extracted", "detect", ("match",), partitions=1)
REFERENCE_ENROLLED = MessageTopic(
    name="lethe.match.reference-enrolled.v1",
    producer="match",
    consumers=("alert",),
    key="reference_id",
    body=Body.SIGNED,
    message=ReferenceEnrolled,
    partitions=1,
    rolls=True,
)
INGEST_TICKET = _ticket("ingest")
DETECT_TICKET = _ticket("detect", ("purge", "match", "alert"))
MATCH_TICKET = _ticket("match", ("purge", "alert"))
ALERT_TICKET = _ticket("alert", ("purge", "match"))
TICKETS = {
    "ingest": INGEST_TICKET,
    "detect": DETECT_TICKET,
    "match": MATCH_TICKET,
    "alert": ALERT_TICKET,
}
KEY_GRANTED = MessageTopic(
    name="lethe.purge.key-granted.v1",
    producer="purge",
    consumers=("ingest", "detect", "match", "alert", "purge"),
    key="instance_id",
    body=Body.SIGNED,
    message=KeyGranted,
    partitions=1,
    rolls=True,
)
ERASURE_RECEIPTED = MessageTopic(
    name="lethe.purge.erasure-receipted.v1",
    producer="purge",
    consumers=("alert",),
    key="origin",
    body=Body.SIGNED,
    message=ErasureReceipted,
    partitions=1,
    max_message_bytes=4 * MIB,
    rolls=True,
)
"""A copy on its way: what was missed is sent again, since alert's tickets say what it has."""
PURGE_LEADERSHIP = MessageTopic(
    name="lethe.purge.leadership.v1",
    producer="purge",
    consumers=("purge",),
    key="none: nothing is written; its one partition's owner is the leader",
    body=Body.PLAIN,
    message=None,
    partitions=1,
)
DEPLOYMENT_SUSPENDED = MessageTopic(
    name="lethe.purge.deployment-suspended.v1",
    producer="purge",
    consumers=("purge", "alert"),
    key="deployment_id",
    body=Body.SIGNED,
    message=DeploymentSuspended,
    partitions=1,
    cleanup=Cleanup.COMPACT,
)
GENERATION_OPENED = MessageTopic(
    name="lethe.stack.generation-opened.v1",
    producer="stack",
    consumers=("ingest", "detect", "match", "alert", "purge"),
    key="none",
    body=Body.PLAIN,
    message=GenerationOpened,
    partitions=1,
)

REGISTRY: tuple[Topic, ...] = (
    DEPLOYMENT_ORDERED,
    CAMERA_ASSIGNED,
    FRAME_CAPTURED,
    SLOT_CLOSED,
    PROBE_EXTRACTED,
    VIEW_MADE,
    FRAME_PROCESSED,
    PROBE_DECIDED,
    CANDIDATES_FOUND,
    ALERT_RAISED,
    ALERT_ADJUDICATED,
    ALERTS_ERASED,
    REFERENCE_SUBMITTED,
    REFERENCE_EXTRACTED,
    REFERENCE_ENROLLED,
    INGEST_TICKET,
    DETECT_TICKET,
    MATCH_TICKET,
    ALERT_TICKET,
    KEY_GRANTED,
    ERASURE_RECEIPTED,
    PURGE_LEADERSHIP,
    DEPLOYMENT_SUSPENDED,
    GENERATION_OPENED,
)
