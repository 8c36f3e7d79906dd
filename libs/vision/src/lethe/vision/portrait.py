"""The picture of a face that an officer looks at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lethe.vision.jpeg import encode_jpeg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lethe.vision.faces import Face

# Side of the square around a face, in sides of its box: hair, ears and collar help people compare.
_MARGIN = 1.8
_LOWEST_QUALITY = 30
_QUALITY_STEP = 10
_SHRINK = 0.75
# Even noise at the lowest quality fits into this, once the side is small enough.
_SMALLEST_LIMIT_BYTES = 2_000


def portrait_jpeg(
    image: NDArray[np.uint8],
    face: Face,
    *,
    side: int = 160,
    quality: int = 85,
    limit_bytes: int = 14_000,
) -> bytes:
    """Cut out a face with a margin, upright, as a JPEG that fits its message.

    The pixels are only reduced, never turned but by quarters, for it is evidence.

    Parameters
    ----------
    image
        Array (height, width, 3) uint8, BGR.
    face
        In pixels of `image`. What lies outside of the image is cut off.
    side
        The longer side of the picture in pixels; a smaller cut-out isn't enlarged.
    quality
        JPEG quality to start with; it is lowered, then the size, until the picture fits.
    limit_bytes
        The most that the picture may have.

    Raises
    ------
    ValueError
        The limit is under 2,000 bytes.
    """
    if limit_bytes < _SMALLEST_LIMIT_BYTES:
        raise ValueError(f"a portrait needs {_SMALLEST_LIMIT_BYTES} bytes or more")
    region = _region(image, face)
    longest = min(side, max(region.shape[:2]))
    while True:
        for step in range(quality, min(quality, _LOWEST_QUALITY) - 1, -_QUALITY_STEP):
            data = _encode(region, longest, _quarter_turns(face), step)
            if len(data) <= limit_bytes:
                return data
        longest = math.ceil(longest * _SHRINK)


def _region(image: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
    """Give a view of the square around the face, clipped at the borders, at least one pixel."""
    height, width = image.shape[:2]
    half = _MARGIN * max(face.width, face.height) / 2
    middle_x, middle_y = face.x + face.width / 2, face.y + face.height / 2
    left, top = (max(0, math.floor(middle - half)) for middle in (middle_x, middle_y))
    left, top = min(left, width - 1), min(top, height - 1)
    right = max(left + 1, min(width, math.ceil(middle_x + half)))
    bottom = max(top + 1, min(height, math.ceil(middle_y + half)))
    return image[top:bottom, left:right]


def _quarter_turns(face: Face) -> int:
    """Give how many quarters, anticlockwise, bring the eyes level and above the mouth."""
    across, down = (float(value) for value in face.landmarks[1] - face.landmarks[0])
    return round(math.atan2(down, across) / (math.pi / 2)) % 4


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
