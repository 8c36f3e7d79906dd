"""JPEGs that fit the room that a message has for them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lethe.vision.jpeg import encode_jpeg

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOWEST_QUALITY = 30
_QUALITY_STEP = 10
_SHRINK = 0.75
# Even noise at the lowest quality fits into this, once the side is small enough.
_SMALLEST_LIMIT_BYTES = 2_000


def fitting_jpeg(
    region: NDArray[np.uint8], *, side: int, quality: int, limit_bytes: int, turns: int = 0
) -> bytes:
    """Encode a part of a picture so that it has no more bytes than it may.

    Parameters
    ----------
    region
        Array (height, width, 3) uint8, BGR; at least one pixel.
    side
        The longer side of the result in pixels; a smaller region isn't enlarged.
    quality
        JPEG quality to start with; it is lowered, then the size, until the picture fits.
    limit_bytes
        The most that the picture may have.
    turns
        Quarters, anticlockwise.

    Raises
    ------
    ValueError
        The limit is under 2,000 bytes.
    """
    if limit_bytes < _SMALLEST_LIMIT_BYTES:
        raise ValueError(f"a picture needs {_SMALLEST_LIMIT_BYTES} bytes or more")
    longest = min(side, max(region.shape[:2]))
    while True:
        for step in range(quality, min(quality, _LOWEST_QUALITY) - 1, -_QUALITY_STEP):
            data = _encode(region, longest, turns, step)
            if len(data) <= limit_bytes:
                return data
        longest = math.ceil(longest * _SHRINK)


def _encode(region: NDArray[np.uint8], longest: int, turns: int, quality: int) -> bytes:
    height, width = region.shape[:2]
    scale = longest / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    reduced = np.empty((size[1], size[0], 3), np.uint8)
    turned = np.empty(reduced.shape if turns % 2 == 0 else (size[0], size[1], 3), np.uint8)
    try:
        cv2.resize(region, size, dst=reduced, interpolation=cv2.INTER_AREA)
        np.copyto(turned, np.rot90(reduced, turns))
        return encode_jpeg(turned, quality)
    finally:
        reduced.fill(0)
        turned.fill(0)
