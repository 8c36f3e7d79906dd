"""JPEG frames in and out of owned memory."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.images import astronaut

from lethe.vision.buffers import WipedBuffer
from lethe.vision.errors import UnreadableImage
from lethe.vision.jpeg import ImageLimits, decode_jpeg_into, encode_jpeg

FRAME_BYTES = 512 * 512 * 3


def test_what_was_encoded_is_decoded_into_the_buffer() -> None:
    image = astronaut()
    buffer = WipedBuffer(FRAME_BYTES)
    decoded = decode_jpeg_into(encode_jpeg(image, 95), buffer)
    assert decoded.shape == image.shape
    assert np.shares_memory(decoded, buffer.array((FRAME_BYTES,), np.uint8))
    assert np.abs(decoded.astype(int) - image).mean() < 3
    buffer.wipe()
    assert not decoded.any()


def test_it_decodes_from_a_view_of_somebody_elses_memory() -> None:
    data = encode_jpeg(astronaut(), 80)
    padded = memoryview(bytearray(data + bytes(100)))[: len(data)]
    assert decode_jpeg_into(padded, WipedBuffer(FRAME_BYTES)).shape == (512, 512, 3)


def test_a_view_that_is_not_contiguous_can_be_encoded() -> None:
    image = astronaut()
    window = image[100:200, 50:250]
    assert encode_jpeg(window, 80) == encode_jpeg(window.copy(), 80)


def test_a_grey_jpeg_becomes_bgr() -> None:
    _, data = cv2.imencode(".jpg", np.full((20, 30), 99, np.uint8))
    decoded = decode_jpeg_into(data.tobytes(), WipedBuffer(2000))
    assert decoded.shape == (20, 30, 3)
    assert (np.abs(decoded.astype(int) - 99) <= 1).all()


def test_a_lower_quality_is_smaller() -> None:
    assert len(encode_jpeg(astronaut(), 50)) < len(encode_jpeg(astronaut(), 85))


def test_a_truncated_frame_is_refused_and_leaves_nothing() -> None:
    data = encode_jpeg(astronaut(), 80)
    buffer = WipedBuffer(FRAME_BYTES)
    with pytest.raises(UnreadableImage, match="damaged or incomplete"):
        decode_jpeg_into(data[: len(data) // 2], buffer)
    assert not buffer.array((FRAME_BYTES,), np.uint8).any()


@pytest.mark.parametrize(
    "limits",
    [ImageLimits(max_width=511), ImageLimits(max_height=511), ImageLimits(max_pixels=262_143)],
)
def test_a_frame_over_a_limit_is_refused_by_its_header(limits: ImageLimits) -> None:
    # The body is cut off, so that only a look at the header can give this answer.
    header = encode_jpeg(astronaut(), 80)[:700]
    with pytest.raises(UnreadableImage, match="512x512 pixels is too large"):
        decode_jpeg_into(header, WipedBuffer(FRAME_BYTES), limits=limits)


def test_a_frame_larger_than_the_buffer_is_refused() -> None:
    with pytest.raises(UnreadableImage, match="doesn't fit its buffer"):
        decode_jpeg_into(encode_jpeg(astronaut(), 80), WipedBuffer(FRAME_BYTES - 4096))


@given(st.binary(max_size=300))
def test_any_other_bytes_are_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(UnreadableImage) as caught:
        decode_jpeg_into(data, WipedBuffer(4096))
    assert "\n" not in str(caught.value)
