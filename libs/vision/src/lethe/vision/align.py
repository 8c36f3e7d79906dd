"""Alignment: a face, turned and scaled so that its landmarks lie where the embedder expects them.

The target is the five-point template of ArcFace (Deng et al., 2019) for 112x112 pixels. The
transform is the least-squares similarity of Umeyama (1991), which in the plane has a closed form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lethe.vision.faces import Face

CROP_SIDE = 112
CROP_SHAPE = (CROP_SIDE, CROP_SIDE, 3)
CROP_BYTES = CROP_SIDE * CROP_SIDE * 3

TEMPLATE_LANDMARKS = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    dtype=np.float32,
)


def similarity(source: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float64]:
    """Find the rotation, uniform scale and shift that take `source` nearest to `target`.

    With centred points p and q, a rotation by t with scale s has the matrix [[a, -b], [b, a]],
    a = s cos t, b = s sin t; least squares gives a = sum(p . q) / sum(p . p) and
    b = sum(p x q) / sum(p . p).

    Parameters
    ----------
    source, target
        Arrays (n, 2) of x, y.

    Returns
    -------
    ndarray
        Array (2, 3) float64, as `cv2.warpAffine` wants it.
    """
    from_centre = source.mean(axis=0, dtype=np.float64)
    to_centre = target.mean(axis=0, dtype=np.float64)
    p, q = source - from_centre, target - to_centre
    spread = max(float((p * p).sum()), np.finfo(np.float64).tiny)
    a = float((p * q).sum()) / spread
    b = float((p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum()) / spread
    shift_x = to_centre[0] - (a * from_centre[0] - b * from_centre[1])
    shift_y = to_centre[1] - (b * from_centre[0] + a * from_centre[1])
    return np.array([[a, -b, shift_x], [b, a, shift_y]])


def align_into(image: NDArray[np.uint8], face: Face, crop: NDArray[np.uint8]) -> None:
    """Write the aligned face into an owned array.

    Parameters
    ----------
    image
        Array (height, width, 3) uint8, BGR.
    face
        In pixels of `image`. What lies outside of the image is black.
    crop
        Array (112, 112, 3) uint8, contiguous; it is overwritten.
    """
    cv2.warpAffine(
        image,
        similarity(face.landmarks, TEMPLATE_LANDMARKS),
        (CROP_SIDE, CROP_SIDE),
        dst=crop,
        flags=cv2.INTER_LINEAR,
    )
