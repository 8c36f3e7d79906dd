"""Which faces are worth a template: too small, uncertain, averted or blurred ones aren't.

A template of a bad face matches nobody, or the wrong person. Every face that is turned away is
counted under its reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lethe.vision.align import CROP_SHAPE, CROP_SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lethe.vision.faces import Face

# Sharpness is judged at half the size of the crop, where the eyes are 17.6 pixels apart: the
# smallest face that is accepted fills it, so that size and sharpness stay apart.
_JUDGED_SIDE = CROP_SIDE // 2
_MARGIN = _JUDGED_SIDE // 8
_INNER = slice(_MARGIN, -_MARGIN)
# Second derivatives across, down and along both diagonals, the latter by the square of their step.
_SECOND_DERIVATIVES = tuple(
    np.array(kernel, np.float32) / step
    for kernel, step in (
        ([[0, 0, 0], [1, -2, 1], [0, 0, 0]], 1),
        ([[0, 1, 0], [0, -2, 0], [0, 1, 0]], 1),
        ([[1, 0, 0], [0, -2, 0], [0, 0, 1]], 2),
        ([[0, 0, 1], [0, -2, 0], [1, 0, 0]], 2),
    )
)
# Variance of grey levels under which a crop is flat and sharpness means nothing.
_FLAT = 1.0


class DiscardReason(StrEnum):
    """Why a face gets no template.

    `CUT`: the picture's edge cuts it.
    `TRACKED`: there is a better view of the same person, or a better one is waited for.
    """

    TOO_SMALL = "too_small"
    LOW_SCORE = "low_score"
    CUT = "cut"
    POSE = "pose"
    BLURRED = "blurred"
    CROWDED = "crowded"
    TRACKED = "tracked"
    OUTSIDE_ZONE = "outside_zone"


@dataclass(frozen=True)
class QualityGate:
    """The limits that a face must keep.

    The defaults reject 0.9% of 2,576 press photographs (Labeled Faces in the Wild), nearly all of
    them for the pose, and 99% of the same faces when they are blurred so much that the cosine to
    the sharp one drops to 0.57 (Gaussian of a tenth of the inter-ocular distance).

    Attributes
    ----------
    min_inter_ocular_px
        Distance between the eyes in pixels; 16 is the floor, 24 or more is desirable.
    min_detector_score
        Score of the detector, 0 to 1.
    min_edge_distance
        How far eyes, nose and mouth lie from the picture's edge, in distances between the eyes.
        Of half a face the detector reports landmarks that crowd at the edge, or lie beyond.
    max_yaw_asymmetry
        0 where the nose lies midway between the eyes, 1 where it lies before one of them, at
        about 40 degrees.
    min_sharpness
        See `sharpness`.
    """

    min_inter_ocular_px: float = 16.0
    min_detector_score: float = 0.7
    min_edge_distance: float = 0.2
    max_yaw_asymmetry: float = 1.0
    min_sharpness: float = 0.025

    def judge_face(self, face: Face, shape: tuple[int, ...]) -> DiscardReason | None:
        """Judge what the detector reported: score, size, place and pose, in this order.

        Parameters
        ----------
        face
            A face of an image.
        shape
            The image's shape, height and width first.
        """
        if face.score < self.min_detector_score:
            return DiscardReason.LOW_SCORE
        if face.inter_ocular_distance < self.min_inter_ocular_px:
            return DiscardReason.TOO_SMALL
        if edge_distance(face, shape) < self.min_edge_distance:
            return DiscardReason.CUT
        if yaw_asymmetry(face) > self.max_yaw_asymmetry:
            return DiscardReason.POSE
        return None

    def judge_crop(self, crop: NDArray[np.uint8]) -> DiscardReason | None:
        """Judge the aligned crop (112, 112, 3) uint8, BGR."""
        return DiscardReason.BLURRED if sharpness(crop) < self.min_sharpness else None


def edge_distance(face: Face, shape: tuple[int, ...]) -> float:
    """Tell how far the landmarks lie from the edge of their image, in distances between the eyes.

    Returns
    -------
    float
        The least distance of a landmark; below 0 if it lies beyond the edge. Infinite without
        two eyes.
    """
    height, width = shape[:2]
    landmarks = face.landmarks.astype(np.float64)
    nearest = float(np.minimum(landmarks, np.array((width, height)) - landmarks).min())
    between = face.inter_ocular_distance
    return nearest / between if between else float("inf")


def yaw_asymmetry(face: Face) -> float:
    """Tell how far the nose is off the middle between the eyes, whatever the roll of the head.

    Returns
    -------
    float
        0 in the middle, 1 level with one of the eyes, more beyond; infinite without two eyes.
    """
    first_eye, second_eye, nose = face.landmarks[:3].astype(np.float64)
    across = second_eye - first_eye
    squared = float((across * across).sum())
    if squared == 0:
        return float("inf")
    along = float(((nose - first_eye) * across).sum()) / squared
    return abs(2 * along - 1)


def sharpness(crop: NDArray[np.uint8]) -> float:
    """Measure the sharpness of an aligned crop, independent of contrast and size of the face.

    The variance of the Laplacian (Pech-Pacheco et al., 2000) misses motion, which leaves one
    direction sharp. So this is its counterpart in the least sharp of four directions: twice the
    least variance of a second derivative, over the variance of the grey levels, both within the
    inner three quarters at 56x56 pixels.

    Parameters
    ----------
    crop
        Array (112, 112, 3) uint8, BGR.

    Returns
    -------
    float
        0 for a flat crop. Press photographs: median 0.18, 0.2% below 0.04.
    """
    grey = np.empty(CROP_SHAPE[:2], np.uint8)
    reduced = np.empty((_JUDGED_SIDE, _JUDGED_SIDE), np.uint8)
    edges = np.empty(reduced.shape, np.float32)
    try:
        cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY, dst=grey)
        cv2.resize(grey, reduced.shape[::-1], dst=reduced, interpolation=cv2.INTER_AREA)
        least = math.inf
        for kernel in _SECOND_DERIVATIVES:
            cv2.filter2D(reduced, cv2.CV_32F, kernel, dst=edges)
            least = min(least, _variance(edges[_INNER, _INNER]))
        return 2 * least / max(_variance(reduced[_INNER, _INNER]), _FLAT)
    finally:
        for array in (grey, reduced, edges):
            array.fill(0)


def _variance(values: NDArray[np.uint8] | NDArray[np.float32]) -> float:
    _, deviation = cv2.meanStdDev(values)
    return float(deviation[0, 0]) ** 2
