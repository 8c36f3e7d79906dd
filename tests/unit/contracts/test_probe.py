"""A probe's plaintext has one size and gives back its parts, or is refused."""

import struct

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lethe.contracts.base import InvalidMessage
from lethe.contracts.probe import CROP_LIMIT_BYTES, PROBE_BYTES, pack_probe, unpack_probe


@given(st.integers(0, 1024), st.binary(max_size=64), st.binary(max_size=200))
def test_a_probe_gives_back_its_parts_and_nothing_of_what_was_there(
    values: int, pattern: bytes, crop: bytes
) -> None:
    template = (pattern + b"t" * (values * 4))[: values * 4]
    buffer = bytearray(b"\xaa" * PROBE_BYTES)
    pack_probe(memoryview(template), memoryview(crop), memoryview(buffer))
    view = unpack_probe(memoryview(buffer))
    assert (bytes(view.template), bytes(view.crop)) == (template, crop)
    assert not any(buffer[14 + len(template) + len(crop) :])


@pytest.mark.parametrize(
    ("template", "crop", "room"),
    [
        (4, PROBE_BYTES, PROBE_BYTES),
        (4096, CROP_LIMIT_BYTES + 1, PROBE_BYTES),
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
