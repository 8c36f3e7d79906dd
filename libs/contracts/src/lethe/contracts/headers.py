"""CloudEvents 1.0 in the Kafka binary binding, and Lethe's own headers.

A consumer decides from headers alone whether a record is still alive.
Source: CloudEvents Kafka Protocol Binding 1.0.2, section 3.2.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from lethe.contracts.base import InvalidMessage
from lethe.contracts.instants import Instant
from lethe.contracts.sealed import Purpose, SealAddress

KafkaHeaders = list[tuple[str, bytes]]

_ADDRESS_HEADERS = (
    "lethe-deployment",
    "lethe-order",
    "lethe-lane",
    "lethe-slot",
    "lethe-number",
    "lethe-purpose",
    "lethe-captured-boot-id",
    "lethe-captured-boot-us",
    "lethe-captured-wall-us",
    "lethe-frame",
)

_PROCESS = secrets.token_hex(8)
_events, _traces = count(1), count(1)
"""Ids need to differ, and nobody to be kept from guessing them: asking the kernel for random bytes
for each lets other threads go first."""

AWAITED = ("lethe-awaited", b"1")
"""On a frame whose report somebody waits for: it is told at once."""


@dataclass(frozen=True, slots=True)
class EventHeaders:
    """The CloudEvents attributes of a record."""

    event_id: str
    source: str
    type: str
    time: str
    traceparent: str
    content_type: str


def new_traceparent() -> str:
    """Return a W3C trace context header for a new trace, not sampled."""
    number = next(_traces)
    return f"00-{_PROCESS}{number:016x}-{number:016x}-00"


def event_headers(
    *, event_type: str, source: str, at: Instant, content_type: str, traceparent: str | None = None
) -> KafkaHeaders:
    """Return the CloudEvents headers of a new event."""
    values = {
        "ce_specversion": "1.0",
        "ce_id": f"{_PROCESS}{next(_events):08x}",
        "ce_source": f"/lethe/{source}",
        "ce_type": event_type,
        "ce_time": at.isoformat(),
        "content-type": content_type,
        "traceparent": traceparent or new_traceparent(),
    }
    return [(name, value.encode()) for name, value in values.items()]


def address_headers(address: SealAddress) -> KafkaHeaders:
    """Return the headers that carry where a sealed record belongs."""
    values = (
        address.deployment_id,
        address.order_hash,
        address.lane,
        address.slot,
        str(address.number),
        address.purpose.value,
        address.captured.boot_id,
        str(address.captured.boot_us),
        str(address.captured.wall_us),
        str(address.frame_number),
    )
    return [(n, v.encode()) for n, v in zip(_ADDRESS_HEADERS, values, strict=True)]


def is_awaited(headers: Iterable[tuple[str, bytes]]) -> bool:
    """Tell whether somebody waits for what becomes of a record."""
    return AWAITED in headers


def _as_text(headers: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    try:
        return {name: value.decode() for name, value in headers}
    except (UnicodeDecodeError, AttributeError):
        raise InvalidMessage("a header isn't UTF-8 text") from None


def read_event_headers(headers: Iterable[tuple[str, bytes]]) -> EventHeaders:
    """Read the CloudEvents attributes.

    Raises
    ------
    InvalidMessage
        If one is missing or no text.
    """
    values = _as_text(headers)
    try:
        return EventHeaders(
            event_id=values["ce_id"],
            source=values["ce_source"],
            type=values["ce_type"],
            time=values["ce_time"],
            traceparent=values["traceparent"],
            content_type=values["content-type"],
        )
    except KeyError as missing:
        # privacy: it names the header that was asked for above
        raise InvalidMessage(f"the header {missing.args[0]} is missing") from None


def read_address(headers: Iterable[tuple[str, bytes]]) -> SealAddress:
    """Read where a sealed record belongs.

    Raises
    ------
    InvalidMessage
        If a header is missing or malformed.
    """
    values = _as_text(headers)
    try:
        return SealAddress(
            deployment_id=values["lethe-deployment"],
            order_hash=values["lethe-order"],
            lane=values["lethe-lane"],
            slot=values["lethe-slot"],
            number=int(values["lethe-number"]),
            purpose=Purpose(values["lethe-purpose"]),
            captured=Instant(
                boot_id=values["lethe-captured-boot-id"],
                boot_us=int(values["lethe-captured-boot-us"]),
                wall_us=int(values["lethe-captured-wall-us"]),
            ),
            frame_number=int(values["lethe-frame"]),
        )
    except (KeyError, ValueError):
        raise InvalidMessage("the headers don't say where the sealed record belongs") from None
