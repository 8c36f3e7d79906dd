"""What a camera sees, in small, with every face covered: whether it is in its place, and awake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lethe.vision.fitting import fitting_jpeg
from lethe.vision.regions import COVER_MARGIN, Region
from lethe.vision.yunet import reduced_size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from lethe.vision.faces import Box

_SIZE = (320, 180)
"""Half of what the detector sees: of a face that it misses, being small or averted, there is
little left. How a camera stands can be told from less."""

_QUALITY = 75


def view_jpeg(image: NDArray[np.uint8], boxes: Iterable[Box], *, limit_bytes: int) -> bytes:
    """Reduce a picture and cover the faces in it with their mean colour, as a JPEG that fits.

    Nothing of a covered face can be worked out again, as it can from a blur.

    Parameters
    ----------
    image
        Array (height, width, 3) uint8, BGR; isn't changed.
    boxes
        In pixels of `image`: what is a face, and what may be one.
    limit_bytes
        As in `lethe.vision.fitting.fitting_jpeg`.

    Raises
    ------
    ValueError
        The limit is under 2,000 bytes.
    """
    height, width = image.shape[:2]
    wide, high = reduced_size(width, height, _SIZE)
    across, down = wide / width, high / height
    reduced = np.empty((high, wide, 3), np.uint8)
    try:
        cv2.resize(image, (wide, high), dst=reduced, interpolation=cv2.INTER_AREA)
        for x, y, broad, tall in boxes:
            small = (x * across, y * down, broad * across, tall * down)
            place = Region.around(reduced.shape, small, COVER_MARGIN).of(reduced)
            place[:] = place.mean(axis=(0, 1)).astype(np.uint8)
        return fitting_jpeg(
            reduced, side=max(wide, high), quality=_QUALITY, limit_bytes=limit_bytes
        )
    finally:
        reduced.fill(0)
