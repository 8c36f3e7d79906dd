"""Parts of a picture, given by corners in shares of its width and height."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lethe.vision.faces import Face


def blank(image: NDArray[np.uint8], polygons: Sequence[Sequence[tuple[float, float]]]) -> None:
    """Blacken polygons of an image (height, width, 3) uint8 in place, their edges included.

    Parameters
    ----------
    polygons
        Corners as x, y from 0 to 1: shares of the width and the height.
    """
    height, width = image.shape[:2]
    for polygon in polygons:
        corners = np.rint(np.asarray(polygon, np.float64) * (width, height)).astype(np.int32)
        cv2.fillPoly(image, [corners], (0, 0, 0))
        # Rounding may leave half a pixel of the edge outside.
        cv2.polylines(image, [corners], isClosed=True, color=(0, 0, 0), thickness=2)


def contains(polygon: Sequence[tuple[float, float]], x: float, y: float) -> bool:
    """Tell whether a point lies in a polygon or on its edge; all in shares, from 0 to 1.

    Nothing lies in a polygon without corners.
    """
    if not polygon:
        return False
    corners = np.asarray(polygon, np.float32)
    point = (float(np.float32(x)), float(np.float32(y)))
    return bool(cv2.pointPolygonTest(corners, point, measureDist=False) >= 0)


def faces_within(
    zone: Sequence[tuple[float, float]], faces: Sequence[Face], shape: tuple[int, ...]
) -> list[Face]:
    """Return the faces whose centre lies in a zone.

    Parameters
    ----------
    shape
        Of the image that the faces were found in: height, width, ...
    """
    height, width = shape[:2]
    return [face for face in faces if contains(zone, *_centre(face, width, height))]


def _centre(face: Face, width: int, height: int) -> tuple[float, float]:
    return (face.x + face.width / 2) / width, (face.y + face.height / 2) / height
