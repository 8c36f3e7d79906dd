"""Parts of a picture around a face, in which everybody else's face is covered."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from lethe.vision.faces import Box, Face

COVER_MARGIN = 1.3
"""Sides of the covered square, in sides of a face's box: with forehead, chin and ears."""


class Region(NamedTuple):
    """A part of a picture in whole pixels, of which there is one at least."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def clipped(
        cls, shape: Sequence[int], left: float, top: float, right: float, bottom: float
    ) -> Region:
        """Return what lies inside of a picture of a shape (height, width, ...)."""
        height, width = shape[:2]
        first_x = min(max(0, math.floor(left)), width - 1)
        first_y = min(max(0, math.floor(top)), height - 1)
        last_x = max(first_x + 1, min(width, math.ceil(right)))
        last_y = max(first_y + 1, min(height, math.ceil(bottom)))
        return cls(first_x, first_y, last_x, last_y)

    @classmethod
    def around(cls, shape: Sequence[int], box: Box, sides: float) -> Region:
        """Return the square around a box's centre, so many of its sides large."""
        left, top, width, height = box
        half = sides * max(width, height) / 2
        x, y = left + width / 2, top + height / 2
        return cls.clipped(shape, x - half, y - half, x + half, y + half)

    def within(self, other: Region) -> Region | None:
        """Return what lies in another one as well; None where they don't meet."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Region(left, top, right, bottom) if left < right and top < bottom else None

    def of(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the view of an image."""
        return image[self.top : self.bottom, self.left : self.right]

    def seen_from(self, other: Region) -> Region:
        """Return it in the pixels of another."""
        return Region(
            self.left - other.left,
            self.top - other.top,
            self.right - other.left,
            self.bottom - other.top,
        )


@contextmanager
def showing_only(
    image: NDArray[np.uint8], region: Region, face: Face, others: Sequence[Face]
) -> Iterator[NDArray[np.uint8]]:
    """Give a region in which each face but one is covered with its mean colour.

    Nothing of a covered face can be worked out again, as it can from a blur. The face that is
    shown is never covered, however close somebody stands. Where nobody else is, it is a view of
    the image; else a copy, which is overwritten when the `with` block ends.

    Parameters
    ----------
    image
        Array (height, width, 3) uint8, BGR; isn't changed.
    face, others
        In pixels of `image`.
    """
    covered = [
        part
        for other in others
        if (part := Region.around(image.shape, other.box, COVER_MARGIN).within(region)) is not None
    ]
    if not covered:
        yield region.of(image)
        return
    shown = region.of(image).copy()
    try:
        for part in covered:
            place = part.seen_from(region).of(shown)
            place[:] = part.of(image).mean(axis=(0, 1)).astype(np.uint8)
        own = Region.clipped(image.shape, *_corners(face)).within(region)
        if own is not None:
            np.copyto(own.seen_from(region).of(shown), own.of(image))
        yield shown
    finally:
        shown.fill(0)


def _corners(face: Face) -> tuple[float, float, float, float]:
    return face.x, face.y, face.x + face.width, face.y + face.height
