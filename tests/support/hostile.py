"""Good records of every topic, and what somebody may make of them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from tests.support.clocks import FakeClock
from tests.support.forgetting import an_order, signed
from tests.support.members import signed_by

from lethe.contracts.base import MAX_BODY_BYTES, Message
from lethe.contracts.examples import EXAMPLES
from lethe.contracts.headers import address_headers
from lethe.contracts.keys import KeyTicket, Role
from lethe.contracts.receipts import AlertsErased
from lethe.contracts.sealed import ENROLMENT_LANE, Purpose, SealAddress, SignedEnvelope
from lethe.contracts.stack import GenerationOpened
from lethe.contracts.topic import Body, Topic
from lethe.contracts.topics import (
    DEPLOYMENT_ORDERED,
    FRAME_CAPTURED,
    GENERATION_OPENED,
    KEY_GRANTED,
    PROBE_EXTRACTED,
    REFERENCE_EXTRACTED,
    REFERENCE_SUBMITTED,
    TICKETS,
    VIEW_MADE,
)
from lethe.shredding.trust import LocalTrust

MARK = b"passer-by"
_Message = TypeVar("_Message", bound=Message)
_PURPOSES: dict[Topic, Purpose] = {
    FRAME_CAPTURED: Purpose.FRAME,
    PROBE_EXTRACTED: Purpose.PROBE,
    VIEW_MADE: Purpose.VIEW,
    REFERENCE_SUBMITTED: Purpose.REFERENCE_IMAGE,
    REFERENCE_EXTRACTED: Purpose.REFERENCE_TEMPLATE,
}

_OF_CAMERAS = (FRAME_CAPTURED, PROBE_EXTRACTED, VIEW_MADE)


@dataclass(frozen=True)
class Raw:
    """A record as the client brings it."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    offset: int = field(default=7)


Attack = Callable[[Raw], Raw]


def good(topic: Topic, trust: LocalTrust) -> Raw:
    """Return a record as its producer writes it."""
    if topic.body is Body.SEALED:
        lane = "gate-1" if topic in _OF_CAMERAS else ENROLMENT_LANE
        address = _example(SealAddress).model_copy(
            update={"lane": lane, "purpose": _PURPOSES[topic]}
        )
        return Raw(lane.encode(), bytes(64), tuple(address_headers(address)))
    if topic is DEPLOYMENT_ORDERED:
        return Raw(b"deployment-1", signed(trust, an_order()).encode())
    if topic is GENERATION_OPENED:
        # The one that is open already.
        opened = _example(GenerationOpened).model_copy(update={"generation": 0})
        return Raw(b"none", opened.encode())
    assert topic.message is not None
    message = _example(topic.message)
    name = topic.producer
    if isinstance(message, KeyTicket):
        assert topic is TICKETS[name]
        message = message.model_copy(update={"role": Role(name), "instance_id": f"{name}-1"})
    if isinstance(message, AlertsErased):
        message = message.model_copy(update={"sent": FakeClock().now()})
    body = signed_by(trust, name, topic, message) if topic.body is Body.SIGNED else message.encode()
    return Raw(f"{name}-1".encode(), body)


def _example(kind: type[_Message]) -> _Message:
    return next(each for each in EXAMPLES if isinstance(each, kind))


def _another_header(value: bytes | None) -> Attack:
    """Change the header that says which key of the slot sealed the record."""

    def attack(raw: Raw) -> Raw:
        kept = [(n, value if n == "lethe-number" else v) for n, v in raw.headers]
        return replace(raw, headers=tuple(kept))

    return attack


def _forged(raw: Raw) -> Raw:
    """Keep the content and sign nothing: of an order, both of its envelopes."""
    assert raw.value is not None
    return replace(raw, value=raw.value.replace(_signature(raw.value), bytes(64)))


def _signature(body: bytes) -> bytes:
    marker = b"signature\xc4\x40"
    at = body.index(marker) + len(marker)
    return body[at : at + 64]


def signed_by_another(raw: Raw, topic: Topic, trust: LocalTrust, name: str) -> Raw:
    """Let another service of the roster sign what isn't for it to sign."""
    assert raw.value is not None
    assert topic.message is not None
    message = topic.message.decode(SignedEnvelope.decode(raw.value).payload)
    return replace(raw, value=signed_by(trust, name, topic, message))


def _cut(raw: Raw) -> Raw:
    assert raw.value is not None
    return replace(raw, value=raw.value[: len(raw.value) // 2])


OF_BODIES: dict[str, Attack] = {
    "garbage": lambda raw: replace(raw, value=b"\xc1" + MARK),
    "JSON": lambda raw: replace(raw, value=b'{"camera_id": "' + MARK + b'"}'),
    "text": lambda raw: replace(raw, value=b"\xa9" + MARK),
    "no body": lambda raw: replace(raw, value=None),
    "an empty mapping": lambda raw: replace(raw, value=b"\x80"),
    "nested too deep": lambda raw: replace(raw, value=b"\x91" * 5_000),
    "cut off": _cut,
    "something behind it": lambda raw: replace(raw, value=(raw.value or b"") + MARK),
    "too large": lambda raw: replace(raw, value=MARK * (MAX_BODY_BYTES // len(MARK) + 1)),
}
OF_SIGNATURES: dict[str, Attack] = {"a forged signature": _forged}
OF_HEADERS: dict[str, Attack] = {
    "no headers": lambda raw: replace(raw, headers=()),
    "a header without a value": _another_header(None),
    "a header that isn't UTF-8": _another_header(b"\xff" + MARK),
    "a header that is no number": _another_header(MARK),
    "a header that is out of range": _another_header(b"9" * 30),
    "a header with more digits than are read": _another_header(b"9" * 10_000),
    "a purpose of another topic": lambda raw: replace(
        raw, headers=tuple((n, MARK if n == "lethe-purpose" else v) for n, v in raw.headers)
    ),
}


def attacks(topic: Topic, reader: str) -> dict[str, Attack]:
    """Return what is done to a topic: every kind of attack that its protection must stand."""
    if topic is KEY_GRANTED and reader != "purge":
        # Grants for others are passed over unread.
        kinds = OF_BODIES | OF_SIGNATURES
        return {kind: _sent_to(reader, attack) for kind, attack in kinds.items()}
    if topic.body is Body.SEALED:
        wrong_key: dict[str, Attack] = {"another key": lambda raw: replace(raw, key=MARK)}
        return OF_HEADERS | (wrong_key if topic in _OF_CAMERAS else {})
    if topic.body is Body.SIGNED or topic is DEPLOYMENT_ORDERED:
        return OF_BODIES | OF_SIGNATURES
    return OF_BODIES


def _sent_to(reader: str, attack: Attack) -> Attack:
    def sent(raw: Raw) -> Raw:
        return replace(attack(raw), key=f"{reader}-1".encode())

    return sent
