"""What a camera sees, in small, with every face covered: whether it is in its place, and awake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lethe.vision.fitting import fitting_jpeg
from lethe.vision.regions import COVER_MARGIN, Region
from lethe.vision.yunet import DetectorSettings, reduced_size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from lethe.vision.faces import Face


def view_jpeg(
    image: NDArray[np.uint8],
    faces: Iterable[Face],
    *,
    size: tuple[int, int] = DetectorSettings.size,
    quality: int = 75,
    limit_bytes: int = 64 * 1024,
) -> bytes:
    """Reduce a picture and cover the faces in it with their mean colour, as a JPEG that fits.

    Nothing of a covered face can be worked out again, as it can from a blur.

    Parameters
    ----------
    image
        Array (height, width, 3) uint8, BGR; isn't changed.
    faces
        In pixels of `image`: what is a face, and what may be one.
    size
        Width and height that it is reduced to, by default what a detector sees of it: a face that
        isn't found at this size can't be recognised at it.
    quality, limit_bytes
        As in `lethe.vision.fitting.fitting_jpeg`.

    Raises
    ------
    ValueError
        The limit is under 2,000 bytes.
    """
    height, width = image.shape[:2]
    wide, high = reduced_size(width, height, size)
    reduced = np.empty((high, wide, 3), np.uint8)
    try:
        cv2.resize(image, (wide, high), dst=reduced, interpolation=cv2.INTER_AREA)
        for face in faces:
            small = face.scaled(wide / width, high / height)
            place = Region.around(reduced.shape, small, COVER_MARGIN).of(reduced)
            place[:] = place.mean(axis=(0, 1)).astype(np.uint8)
        return fitting_jpeg(reduced, side=max(wide, high), quality=quality, limit_bytes=limit_bytes)
    finally:
        reduced.fill(0)
