"""A probe's plaintext has one size and gives back its parts, or is refused."""

import struct

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lethe.contracts.base import InvalidMessage
from lethe.contracts.headings import Heading
from lethe.contracts.probe import (
    CROP_LIMIT_BYTES,
    PROBE_BYTES,
    figure_limit_bytes,
    pack_probe,
    unpack_probe,
)


@given(
    st.integers(0, 1024),
    st.binary(max_size=64),
    st.binary(max_size=200),
    st.binary(max_size=200),
    st.none() | st.sampled_from(Heading),
    st.just("") | st.binary(min_size=32, max_size=32).filter(any).map(bytes.hex),
)
def test_a_probe_gives_back_its_parts_and_nothing_of_what_was_there(
    values: int, pattern: bytes, crop: bytes, figure: bytes, heading: Heading | None, model: str
) -> None:
    template = (pattern + b"t" * (values * 4))[: values * 4]
    buffer = bytearray(b"\xaa" * PROBE_BYTES)
    pack_probe(
        memoryview(template),
        memoryview(crop),
        memoryview(buffer),
        figure=memoryview(figure),
        heading=heading,
        track=b"track-01",
        model=model,
    )
    view = unpack_probe(memoryview(buffer))
    assert (bytes(view.template), bytes(view.crop)) == (template, crop)
    assert (bytes(view.figure), view.heading, view.track) == (figure, heading, b"track-01")
    assert view.model == model
    assert not any(buffer[14 + len(template) + len(crop) + 5 + len(figure) + 32 :])


@given(st.integers(0, 1024), st.integers(0, CROP_LIMIT_BYTES))
def test_beside_any_template_and_crop_there_is_room_for_a_figure(values: int, crop: int) -> None:
    room = figure_limit_bytes(values * 4, crop)
    assert room >= 2_200
    buffer = bytearray(PROBE_BYTES)
    parts = memoryview(b"t" * values * 4), memoryview(b"c" * crop), memoryview(buffer)
    pack_probe(*parts, figure=memoryview(b"f" * room))
    assert bytes(unpack_probe(memoryview(buffer)).figure) == b"f" * room
    with pytest.raises(InvalidMessage):
        pack_probe(*parts, figure=memoryview(b"f" * (room + 1)))


@pytest.mark.parametrize("crop", [0, 100, PROBE_BYTES - 14 - 4, PROBE_BYTES - 14])
def test_a_probe_from_before_there_were_figures_has_none(crop: int) -> None:
    buffer = bytearray(PROBE_BYTES)
    struct.pack_into(">HI8s", buffer, 0, 0, crop, b"track-01")
    view = unpack_probe(memoryview(buffer))
    assert (len(view.crop), len(view.figure), view.heading, view.model) == (crop, 0, None, "")


def test_whoever_lets_go_of_a_probe_without_a_figure_takes_it_from_no_other() -> None:
    for _ in range(2):
        buffer = bytearray(PROBE_BYTES)
        struct.pack_into(">HI8s", buffer, 0, 0, PROBE_BYTES - 14, b"track-01")
        view = unpack_probe(memoryview(buffer))
        assert not view.figure
        view.release()


@pytest.mark.parametrize("figure", [PROBE_BYTES - 18, 2**32 - 1])
def test_a_figure_that_does_not_fit_is_refused(figure: int) -> None:
    buffer = bytearray(PROBE_BYTES)
    struct.pack_into(">BI", buffer, 14, 1, figure)
    with pytest.raises(InvalidMessage):
        unpack_probe(memoryview(buffer))


def test_a_heading_that_is_not_known_is_none() -> None:
    buffer = bytearray(PROBE_BYTES)
    struct.pack_into(">BI", buffer, 14, 200, 0)
    assert unpack_probe(memoryview(buffer)).heading is None


@pytest.mark.parametrize(
    ("template", "crop", "room"),
    [
        (4, PROBE_BYTES, PROBE_BYTES),
        (4, 4, PROBE_BYTES - 1),
        (4, 4, PROBE_BYTES + 1),
    ],
)
def test_parts_that_do_not_fit_are_refused_and_nothing_is_written(
    template: int, crop: int, room: int
) -> None:
    buffer = bytearray(room)
    with pytest.raises(InvalidMessage):
        pack_probe(memoryview(b"t" * template), memoryview(b"c" * crop), memoryview(buffer))
    assert not any(buffer)


def test_the_largest_parts_fit() -> None:
    buffer = bytearray(PROBE_BYTES)
    template, crop = b"t" * 4096, b"c" * CROP_LIMIT_BYTES
    pack_probe(memoryview(template), memoryview(crop), memoryview(buffer))
    assert bytes(unpack_probe(memoryview(buffer)).crop) == crop


@pytest.mark.parametrize(("template", "crop"), [(3, 0), (65_535, 0), (0, 2**32 - 1), (8, 16_371)])
def test_lengths_that_do_not_fit_are_refused(template: int, crop: int) -> None:
    buffer = bytearray(PROBE_BYTES)
    struct.pack_into(">HI", buffer, 0, template, crop)
    with pytest.raises(InvalidMessage):
        unpack_probe(memoryview(buffer))


def test_a_probe_of_another_size_is_refused() -> None:
    with pytest.raises(InvalidMessage):
        unpack_probe(memoryview(bytearray(PROBE_BYTES - 1)))
