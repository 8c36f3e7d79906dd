"""The picture of somebody's upper body: a face alone finds nobody in a crowd."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lethe.vision.fitting import fitting_jpeg
from lethe.vision.regions import Region, showing_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from lethe.vision.faces import Face

# In sides of the face's box, from its centre: shoulders to both sides, hat above, waist below.
_BESIDE = 1.6
_ABOVE = 1.1
_BELOW = 3.3


def figure_jpeg(
    image: NDArray[np.uint8],
    face: Face,
    others: Sequence[Face] = (),
    *,
    side: int = 208,
    quality: int = 75,
    limit_bytes: int = 14_000,
) -> bytes:
    """Cut out head and upper body below a face, as the camera saw it, as a JPEG that fits.

    Parameters
    ----------
    image
        Array (height, width, 3) uint8, BGR.
    face
        In pixels of `image`. What lies outside of the image is cut off.
    others
        Everybody else's faces: they are covered.
    side, quality, limit_bytes
        As in `lethe.vision.fitting.fitting_jpeg`.

    Raises
    ------
    ValueError
        The limit is under 2,000 bytes.
    """
    unit = max(face.width, face.height)
    x, y = face.x + face.width / 2, face.y + face.height / 2
    region = Region.clipped(
        image.shape, x - _BESIDE * unit, y - _ABOVE * unit, x + _BESIDE * unit, y + _BELOW * unit
    )
    with showing_only(image, region, face, others) as shown:
        return fitting_jpeg(shown, side=side, quality=quality, limit_bytes=limit_bytes)
