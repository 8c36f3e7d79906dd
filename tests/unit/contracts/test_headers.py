"""Headers: what stands in the clear on a record, there and back, and refused when it is garbage."""

from re import fullmatch

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lethe.contracts.base import InvalidMessage
from lethe.contracts.headers import (
    address_headers,
    event_headers,
    new_traceparent,
    read_address,
    read_event_headers,
)
from lethe.contracts.instants import Instant
from lethe.contracts.sealed import Purpose, SealAddress

_INT = st.integers(-(2**60), 2**60 - 1)
_NUMBER = st.integers(0, 255)
_TEXT = st.text(max_size=20)
_INSTANTS = st.builds(Instant, boot_id=_TEXT, boot_us=_INT, wall_us=_INT)
_ADDRESSES = st.builds(
    SealAddress,
    deployment_id=_TEXT,
    order_hash=_TEXT,
    lane=_TEXT,
    slot=_TEXT,
    number=_NUMBER,
    purpose=st.sampled_from(Purpose),
    captured=_INSTANTS,
    frame_number=_NUMBER,
)
_AT = Instant(boot_id="b", boot_us=1_000, wall_us=1_767_225_600_123_456)
_ADDRESS = SealAddress(
    deployment_id="d",
    order_hash="o",
    lane="l",
    slot="s",
    number=1,
    purpose=Purpose.FRAME,
    captured=_AT,
)


@given(_ADDRESSES)
def test_an_address_survives_its_headers(address: SealAddress) -> None:
    assert read_address(address_headers(address)) == address


@given(_ADDRESSES, _ADDRESSES, _TEXT, _TEXT)
def test_the_associated_data_of_two_places_differ(
    one: SealAddress, other: SealAddress, topic: str, other_topic: str
) -> None:
    same = one.associated_data(topic) == other.associated_data(other_topic)
    assert same == ((one, topic) == (other, other_topic))


def test_parts_of_an_address_cannot_be_shifted_into_each_other() -> None:
    one = _ADDRESS.model_copy(update={"lane": "ab", "slot": "c"})
    other = _ADDRESS.model_copy(update={"lane": "a", "slot": "bc"})
    assert one.associated_data("t") != other.associated_data("t")


@pytest.mark.parametrize("index", range(len(address_headers(_ADDRESS))))
def test_an_address_with_a_header_missing_is_refused(index: int) -> None:
    headers = address_headers(_ADDRESS)
    del headers[index]
    with pytest.raises(InvalidMessage):
        read_address(headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lethe-number", b"one"),
        ("lethe-number", b"9" * 5_000),
        ("lethe-purpose", b"another"),
        ("lethe-captured-boot-us", b"1.5"),
        ("lethe-frame", b""),
        ("lethe-lane", b"\xff\xfe"),
        ("lethe-slot", None),
    ],
)
def test_a_garbage_header_is_refused_without_showing_it(name: str, value: bytes) -> None:
    headers = [(n, value if n == name else v) for n, v in address_headers(_ADDRESS)]
    with pytest.raises(InvalidMessage) as refusal:
        read_address(headers)
    assert not value or repr(value)[2:-1] not in str(refusal.value)


@given(st.lists(st.tuples(_TEXT, st.binary(max_size=20))))
def test_any_other_headers_are_refused(headers: list[tuple[str, bytes]]) -> None:
    for read in (read_address, read_event_headers):
        with pytest.raises(InvalidMessage):
            read(headers)


def test_event_headers_follow_the_cloudevents_binding() -> None:
    headers = event_headers(
        event_type="lethe.a.b.v1", source="ingest-1", at=_AT, content_type="application/msgpack"
    )
    assert dict(headers)["ce_specversion"] == b"1.0"
    event = read_event_headers(headers)
    assert (event.type, event.source) == ("lethe.a.b.v1", "/lethe/ingest-1")
    assert event.time == "2026-01-01T00:00:00.123Z"
    assert event.content_type == "application/msgpack"


def test_a_trace_goes_on_and_ids_are_new() -> None:
    trace = new_traceparent()
    two = [
        read_event_headers(
            event_headers(event_type="t", source="s", at=_AT, content_type="c", traceparent=trace)
        )
        for _ in range(2)
    ]
    assert {event.traceparent for event in two} == {trace}
    assert two[0].event_id != two[1].event_id


def test_a_new_trace_has_the_form_of_one_and_an_id_of_its_own() -> None:
    headers = [
        event_headers(event_type="t", source="s", at=_AT, content_type="c") for _ in range(100)
    ]
    traces = {read_event_headers(each).traceparent for each in headers}
    assert len(traces) == 100
    for trace in traces:
        assert fullmatch("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-00", trace)


@pytest.mark.parametrize("index", [1, 2, 3, 4, 5, 6])
def test_an_event_with_an_attribute_missing_is_refused(index: int) -> None:
    headers = event_headers(event_type="t", source="s", at=_AT, content_type="c")
    del headers[index]
    with pytest.raises(InvalidMessage, match="missing"):
        read_event_headers(headers)


@given(_INSTANTS, _INSTANTS)
def test_instants_of_one_boot_compare_by_the_steady_clock(one: Instant, other: Instant) -> None:
    same_boot = one.boot_id == other.boot_id
    by_boot, by_wall = one.boot_us - other.boot_us, one.wall_us - other.wall_us
    assert one.since_us(other) == (by_boot if same_boot else by_wall)
    assert one.since_ms(other) == one.since_us(other) / 1000
    shifted = one.shifted_to(other.boot_us)
    assert shifted.since_us(one) == other.boot_us - one.boot_us
    assert shifted.wall_us - one.wall_us == other.boot_us - one.boot_us


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("lethe-captured-wall-us", b"1" + b"0" * 30),
        ("lethe-captured-boot-us", b"-1" + b"0" * 30),
        ("lethe-number", b"256"),
        ("lethe-frame", b"-1"),
    ],
)
def test_a_number_that_no_sender_can_mean_is_refused(header: str, value: bytes) -> None:
    forged = [(name, value if name == header else own) for name, own in address_headers(_ADDRESS)]
    with pytest.raises(InvalidMessage):
        read_address(forged)
