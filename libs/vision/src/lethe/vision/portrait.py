"""The picture of a face that an officer compares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lethe.vision.fitting import fitting_jpeg
from lethe.vision.regions import Region, showing_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from lethe.vision.faces import Face

# Side of the square around a face, in sides of its box: hair, ears and collar help people compare.
_MARGIN = 1.8


def portrait_jpeg(
    image: NDArray[np.uint8],
    face: Face,
    others: Sequence[Face] = (),
    *,
    side: int = 160,
    quality: int = 85,
    limit_bytes: int = 14_000,
) -> bytes:
    """Cut out a face with a margin, upright, as a JPEG that fits its message.

    The face's pixels are only reduced, never turned but by quarters, for it is evidence.

    Parameters
    ----------
    image
        Array (height, width, 3) uint8, BGR.
    face
        In pixels of `image`. What lies outside of the image is cut off.
    others
        Faces that are nobody's business here: where they reach into the picture they are covered.
    side, quality, limit_bytes
        As in `lethe.vision.fitting.fitting_jpeg`.

    Raises
    ------
    ValueError
        The limit is under 2,000 bytes.
    """
    region = Region.around(image.shape, face.box, _MARGIN)
    with showing_only(image, region, face, others) as shown:
        return fitting_jpeg(
            shown, side=side, quality=quality, limit_bytes=limit_bytes, turns=_quarter_turns(face)
        )


def _quarter_turns(face: Face) -> int:
    """Give how many quarters, anticlockwise, bring the eyes level and above the mouth."""
    across, down = (float(value) for value in face.landmarks[1] - face.landmarks[0])
    return round(math.atan2(down, across) / (math.pi / 2)) % 4
