"""JPEG in and out of owned buffers, for live frames and for crops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import simplejpeg

from lethe.vision.errors import UnreadableImage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lethe.vision.buffers import WipedBuffer


@dataclass(frozen=True)
class ImageLimits:
    """The largest frame that is decoded; a header that claims more is refused unread."""

    max_width: int = 7680
    max_height: int = 4320
    max_pixels: int = 7680 * 4320

    def allow(self, width: int, height: int) -> bool:
        """Tell whether an image of this size is small enough."""
        return (
            width <= self.max_width
            and height <= self.max_height
            and width * height <= self.max_pixels
        )


def decode_jpeg_into(
    data: bytes | memoryview, buffer: WipedBuffer, *, limits: ImageLimits | None = None
) -> NDArray[np.uint8]:
    """Decode a JPEG into an owned buffer.

    Parameters
    ----------
    data
        The whole file.
    buffer
        Where the pixels go; nothing else keeps them.
    limits
        The largest size that is accepted, by default 8K.

    Returns
    -------
    ndarray
        View (height, width, 3) uint8, BGR, of `buffer`.

    Raises
    ------
    UnreadableImage
        The data is no complete JPEG, or it is larger than the limits or the buffer.
    """
    height, width = _size_of(data)
    if not (limits or ImageLimits()).allow(width, height):
        raise UnreadableImage(f"a frame of {width}x{height} pixels is too large: reduce it")
    if height * width * 3 > buffer.size_bytes:
        raise UnreadableImage(f"a frame of {width}x{height} pixels doesn't fit its buffer")
    pixels = buffer.array((height, width, 3), np.uint8)
    try:
        simplejpeg.decode_jpeg(data, colorspace="BGR", buffer=pixels)
    except (ValueError, RuntimeError):
        buffer.wipe()
        raise UnreadableImage("a JPEG is damaged or incomplete: send the whole file") from None
    return pixels


def encode_jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    """Encode an image (height, width, 3) uint8, BGR, as JPEG with 4:2:0 colour."""
    return bytes(
        simplejpeg.encode_jpeg(
            np.ascontiguousarray(image), quality=quality, colorspace="BGR", colorsubsampling="420"
        )
    )


def jpeg_size(data: bytes | memoryview) -> tuple[int, int]:
    """Read the width and the height of a JPEG from its header, without decoding it.

    Raises
    ------
    UnreadableImage
        The bytes don't begin as a JPEG.
    """
    height, width = _size_of(data)
    return width, height


def _size_of(data: bytes | memoryview) -> tuple[int, int]:
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    except (ValueError, RuntimeError):
        raise UnreadableImage("these bytes are no JPEG: send a JPEG frame") from None
    return int(height), int(width)
