"""Owned memory is wiped on release, whatever happens, and pools are bounded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.vision.buffers import WipedBuffer, aligned
from lethe.vision.errors import BufferTooSmall


class Interrupted(BaseException):
    pass


def test_a_buffer_is_wiped_when_its_block_ends() -> None:
    with WipedBuffer(10_000) as buffer:
        view = buffer.array((100, 100), np.uint8)
        view.fill(7)
    assert not view.any()


def test_a_buffer_is_wiped_when_its_block_is_interrupted() -> None:
    buffer = WipedBuffer(64)
    view = buffer.array((16,), np.float32)

    def interrupted() -> None:
        with buffer:
            view.fill(1.0)
            raise Interrupted

    with pytest.raises(Interrupted):
        interrupted()
    assert not view.any()


def test_views_share_the_memory_and_keep_to_their_place() -> None:
    buffer = WipedBuffer(4096)
    first = buffer.array((4,), np.float32)
    second = buffer.array((2, 3), np.uint8, offset_bytes=64)
    first.fill(1.5)
    second.fill(9)
    assert first.tolist() == [1.5] * 4
    np.testing.assert_array_equal(buffer.array((16,), np.uint8), first.view(np.uint8))


@pytest.mark.parametrize(("shape", "offset"), [((4097,), 0), ((1,), 4096), ((1,), -1)])
def test_a_view_never_reaches_out_of_its_buffer(shape: tuple[int, ...], offset: int) -> None:
    with pytest.raises(BufferTooSmall):
        WipedBuffer(4096).array(shape, np.uint8, offset_bytes=offset)


def test_an_empty_buffer_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one byte"):
        WipedBuffer(0)


def test_a_repr_shows_the_size_and_no_content() -> None:
    buffer = WipedBuffer(1)
    buffer.array((1,), np.uint8).fill(255)
    assert repr(buffer) == f"<WipedBuffer of {buffer.size_bytes} bytes>"


def test_the_mapping_is_kept_out_of_core_dumps_and_children() -> None:
    buffer = WipedBuffer(123_456)
    start = buffer.array((1,), np.uint8).ctypes.data
    flags = flags_of_mapping(start)
    assert {"dd", "dc"} <= flags  # not dumped; not copied on fork


def flags_of_mapping(address: int) -> set[str]:
    inside = False
    with open("/proc/self/smaps", encoding="ascii") as maps:  # noqa: PTH123 - a file of the kernel
        for line in maps:
            head, *rest = line.split()
            if "-" in head and not head.endswith(":"):
                low, high = (int(part, 16) for part in head.split("-"))
                inside = low <= address < high
            elif inside and head == "VmFlags:":
                return set(rest)
    raise AssertionError("the mapping isn't there")


@given(st.integers(0, 10**9))
def test_alignment_rounds_up_by_less_than_a_line(size: int) -> None:
    assert aligned(size) % 64 == 0
    assert 0 <= aligned(size) - size < 64
