"""A face as the detector found it: where it is, never what it looks like."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LANDMARK_COUNT = 5
Box = tuple[float, float, float, float]
"""Left, top, width and height in pixels."""


@dataclass(frozen=True, eq=False)
class Face:
    """One detected face, in pixels of the image it was found in.

    Attributes
    ----------
    x, y, width, height
        The box; its corner may lie outside the image.
    landmarks
        Array (5, 2) float32 of x, y: the eye, the eye, the nose tip, the corner of the mouth and
        the corner of the mouth; of each pair, the one further left in an upright image first.
    score
        The detector's own score, 0 to 1. It is no comparison score.
    """

    x: float
    y: float
    width: float
    height: float
    landmarks: NDArray[np.float32] = field(repr=False)
    score: float

    @property
    def box(self) -> Box:
        """Left, top, width and height in pixels."""
        return (self.x, self.y, self.width, self.height)

    @property
    def area(self) -> float:
        """Area of the box in square pixels."""
        return self.width * self.height

    @property
    def inter_ocular_distance(self) -> float:
        """Distance between the eyes in pixels, the measure of size in ISO/IEC 19794-5."""
        across, down = self.landmarks[1] - self.landmarks[0]
        return math.hypot(float(across), float(down))

    def scaled(self, sx: float, sy: float) -> Face:
        """Give the same face in an image that is `sx` times as wide and `sy` times as high."""
        return Face(
            x=self.x * sx,
            y=self.y * sy,
            width=self.width * sx,
            height=self.height * sy,
            landmarks=self.landmarks * np.array([sx, sy], dtype=np.float32),
            score=self.score,
        )
