"""Bodies: a round trip, tolerance of what is new, refusal of what is wrong."""

import traceback
from random import Random

import hypothesis.strategies as st
import msgpack
import pytest
from hypothesis import given, settings

from lethe.contracts.base import MAX_BODY_BYTES, InvalidMessage, Message
from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyGranted, KeyTicket
from lethe.contracts.live import CandidatesFound, FrameProcessed, ProbeDecided, SlotClosed
from lethe.contracts.orders import DeploymentOrder, OrderState, order_hash, watchlist_hash
from lethe.contracts.receipts import alert_hash
from lethe.contracts.schemas import contracts
from lethe.contracts.sealed import SealAddress, SignedEnvelope

_ALL = [pytest.param(example, id=name) for name, example in contracts().items()]
_MESSAGES = pytest.mark.parametrize("example", _ALL)
_GENERATED: list[type[Message]] = [
    CandidatesFound,
    FrameProcessed,
    KeyGranted,
    KeyTicket,
    OrderState,
    ProbeDecided,
    SealAddress,
    SignedEnvelope,
    SlotClosed,
]
_INT64 = st.integers(-(2**63), 2**63 - 1)
st.register_type_strategy(int, _INT64)
# Names must be printable.
st.register_type_strategy(str, st.text(st.characters(exclude_categories=("C", "Z"))))
st.register_type_strategy(float, st.floats(allow_nan=False))


@pytest.mark.parametrize("message", _GENERATED)
@settings(max_examples=25)
@given(data=st.data())
def test_every_message_survives_its_encoding(message: type[Message], data: st.DataObject) -> None:
    original = data.draw(st.builds(message))
    decoded = message.decode(original.encode())
    assert decoded == original
    assert decoded.encode() == original.encode()


@_MESSAGES
def test_fields_that_a_newer_producer_added_are_passed_over(example: Message) -> None:
    content = msgpack.unpackb(example.encode()) | {"added_later": [1, {"x": b"y"}]}
    assert type(example).decode(msgpack.packb(content)) == example


@_MESSAGES
def test_a_missing_or_wrong_field_is_refused(example: Message) -> None:
    content = msgpack.unpackb(example.encode())
    fields = type(example).model_fields
    for name, field in fields.items():
        if field.is_required():
            without = {n: value for n, value in content.items() if n != name}
            with pytest.raises(InvalidMessage):
                type(example).decode(msgpack.packb(without))
        with pytest.raises(InvalidMessage):
            type(example).decode(msgpack.packb(content | {name: {"no": [b"contract"]}}))


@_MESSAGES
def test_a_refusal_never_holds_the_content(example: Message) -> None:
    content = msgpack.unpackb(example.encode())
    first = next(iter(type(example).model_fields))
    secret = "a-secret-that-must-not-show"
    for body in (
        msgpack.packb(content | {first: [secret]}),
        msgpack.packb(secret),
        secret.encode(),
        msgpack.packb(content) + secret.encode(),
    ):
        with pytest.raises(InvalidMessage) as refusal:
            type(example).decode(body)
        assert secret not in "".join(traceback.format_exception(refusal.value))
        assert type(example).__name__ in str(refusal.value)


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_nothing_else_happens(body: bytes) -> None:
    with pytest.raises(InvalidMessage):
        SignedEnvelope.decode(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(0, 2**64 - 1) | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_msgpack_of_something_else_is_refused(content: object) -> None:
    with pytest.raises(InvalidMessage):
        KeyTicket.decode(msgpack.packb(content))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\x91" * 100_000,
        b"\x81\x80\x00",
        b"\x81\xa1\xff\x00",
        b"\xd6\xff\x00\x00\x00\x00",
        b"\xc7\x0c\xff" + b"\xff" * 12,
        b"\xc7\x05\xff" + b"\xff" * 5,
    ],
)
def test_hostile_msgpack_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidMessage):
        Instant.decode(body)


def test_an_oversized_body_is_refused_before_it_is_parsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def parse(*_args: object, **_options: object) -> None:
        raise AssertionError("it was parsed")

    body = SignedEnvelope(signer="s", payload=bytes(MAX_BODY_BYTES), signature=b"").encode()
    monkeypatch.setattr(msgpack, "unpackb", parse)
    with pytest.raises(InvalidMessage, match="too large"):
        SignedEnvelope.decode(body)


def test_a_large_body_within_the_limit_is_read() -> None:
    content = SignedEnvelope(signer="s", payload=bytes(MAX_BODY_BYTES - 100), signature=b"")
    assert SignedEnvelope.decode(content.encode()) == content


@pytest.mark.parametrize("threshold", [-0.01, 1.01, float("nan")])
def test_a_threshold_outside_its_range_is_refused(threshold: float) -> None:
    order = contracts()["deployment-order"]
    content = msgpack.unpackb(order.encode()) | {"threshold": threshold}
    with pytest.raises(InvalidMessage):
        DeploymentOrder.decode(msgpack.packb(content))


def test_messages_are_frozen() -> None:
    state = contracts()["order-state"]
    with pytest.raises(ValueError, match="frozen"):
        state.serial = 2  # type: ignore[attr-defined]


@given(st.binary(), st.binary())
def test_an_orders_hash_names_its_content(one: bytes, other: bytes) -> None:
    assert (order_hash(one) == order_hash(other)) == (one == other)


def test_an_erased_alerts_hash_is_what_anybody_who_knows_its_id_makes_of_it() -> None:
    # printf %s alert-1 | sha256sum
    assert alert_hash("alert-1") == (
        "682dc44f5fe343288d2ff050df827ff8bcc2ba44d0e2f2f50a0615b279686cb1"
    )


_PAIRS = st.lists(
    st.tuples(st.text(max_size=8), st.binary(min_size=32, max_size=32).map(bytes.hex)),
    unique=True,
    max_size=5,
)


@given(_PAIRS, st.randoms(use_true_random=False))
def test_a_watchlists_hash_does_not_depend_on_order(
    pairs: list[tuple[str, str]], random: Random
) -> None:
    shuffled = list(pairs)
    random.shuffle(shuffled)
    assert watchlist_hash(shuffled) == watchlist_hash(pairs)


@given(_PAIRS, _PAIRS)
def test_watchlists_that_differ_have_different_hashes(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    assert (watchlist_hash(one) == watchlist_hash(other)) == (sorted(one) == sorted(other))


_SLOT = {
    "camera_id": "c",
    "deployment_id": "d",
    "instance_id": "i",
    "slot": None,
    "closed": {"boot_id": "b", "boot_us": 0, "wall_us": 0},
    "offered": 0,
}
_FRAME = {
    "camera_id": "c",
    "deployment_id": "d",
    "slot": "s",
    "number": 0,
    "captured": _SLOT["closed"],
    "at": _SLOT["closed"],
    "outcome": "processed",
}


@pytest.mark.parametrize(
    ("message", "content", "wrong"),
    [
        *(
            (SlotClosed, _SLOT, {name: text})
            for name in ("camera_id", "deployment_id", "instance_id", "slot")
            for text in ("x" * 201, "a\nb", "\u2028")
        ),
        *((SlotClosed, _SLOT, {"offered": count}) for count in (-1, 2**31, 2**53)),
        *((SlotClosed, _SLOT, {"dropped": {"late": count}}) for count in (-1, 2**53)),
        (SlotClosed, _SLOT, {"dropped": {"x" * 201: 1}}),
        (SlotClosed, _SLOT, {"captured": [{"number": 0, "captured_boot_us": -(2**61)}]}),
        *((FrameProcessed, _FRAME, {"faces_seen": count}) for count in (-1, 2**53)),
        *((FrameProcessed, _FRAME, {"discarded": {"small": count}}) for count in (-1, 2**53)),
    ],
)
def test_counts_and_names_that_nobody_could_write_down_are_refused(
    message: type[Message], content: dict[str, object], wrong: dict[str, object]
) -> None:
    message.decode(msgpack.packb(content))
    with pytest.raises(InvalidMessage):
        message.decode(msgpack.packb(content | wrong))


@pytest.mark.parametrize(
    "wrong",
    [
        {"deployment_id": "d" * 201},
        {"deployment_id": "a\x1b[2J"},
        {"camera_ids": ["c" * 201]},
        {"starts_at_us": -1},
        {"ends_at_us": 2**60},
    ],
)
def test_an_order_that_nobody_could_write_down_is_refused(wrong: dict[str, object]) -> None:
    example = next(each for each in contracts().values() if isinstance(each, DeploymentOrder))
    content = msgpack.unpackb(example.encode())
    DeploymentOrder.decode(msgpack.packb(content))
    with pytest.raises(InvalidMessage):
        DeploymentOrder.decode(msgpack.packb(content | wrong))


def test_pictures_open_at_services_that_know_of_no_further_images() -> None:
    found = contracts()["candidates-found"]
    assert isinstance(found, CandidatesFound)
    [best] = found.candidates
    more = best.model_copy(update={"further_references": ("reference-2",)})
    told = found.model_copy(update={"candidates": [more]})
    assert CandidatesFound.decode(told.encode()) == told
    assert told.binding() == found.model_copy(update={"candidates": [best]}).binding()
    assert b"further_references" not in told.binding()


def test_a_heading_that_a_later_version_says_loses_no_alert() -> None:
    found = contracts()["candidates-found"]
    content = msgpack.unpackb(found.encode()) | {"heading": "upwards"}
    read = CandidatesFound.decode(msgpack.packb(content))
    assert read == found.model_copy(update={"heading": None})
