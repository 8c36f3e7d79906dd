"""How good a view of a face is, so that of many views of one person the best are embedded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lethe.vision.quality import sharpness, yaw_asymmetry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lethe.vision.faces import Face

# The embedder's crop has its eyes 35 pixels apart: from there on a face is only reduced.
_ENOUGH_PX = 36.0
# The median of sharp photographs; see `lethe.vision.quality.sharpness`.
_ENOUGH_SHARPNESS = 0.18
# Share of a view's merit that is left when the nose stands level with one of the eyes.
_TURNED_SHARE = 0.5


def merit(face: Face, crop: NDArray[np.uint8]) -> float:
    """Rate a view by what decides how well its template compares: size, sharpness, pose, certainty.

    Parameters
    ----------
    face
        In pixels of the full image.
    crop
        Array (112, 112, 3) uint8, BGR, aligned; rough landmarks will do.

    Returns
    -------
    float
        0 to 1. Only views of one person by one camera are meant to be compared with it.
    """
    size = min(face.inter_ocular_distance / _ENOUGH_PX, 1.0)
    sharp = min(sharpness(crop) / _ENOUGH_SHARPNESS, 1.0)
    frontal = 1.0 - (1.0 - _TURNED_SHARE) * min(yaw_asymmetry(face), 1.0)
    return float((size * sharp) ** 0.5 * frontal * face.score)
