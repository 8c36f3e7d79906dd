"""Faces that a detector isn't sure of: turned aside, half hidden, smeared."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.support.images import astronaut, resized

Picture = NDArray[np.uint8]


def _part(rows: slice, columns: slice) -> Callable[[Picture], None]:
    def hide(face: Picture) -> None:
        face[rows, columns] = 90

    return hide


def _turned(degrees: float) -> Callable[[Picture], None]:
    def turn(face: Picture) -> None:
        height, width = face.shape[:2]
        by = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
        face[:] = cv2.warpAffine(face, by, (width, height), borderMode=cv2.BORDER_REPLICATE)

    return turn


def _squeezed(face: Picture) -> None:
    """Show a face as if from the side: half as wide."""
    height, width = face.shape[:2]
    narrow = cv2.resize(face, (width // 2, height), interpolation=cv2.INTER_AREA)
    face[:] = 90
    face[:, width // 4 : width // 4 + width // 2] = narrow


def _smeared(face: Picture) -> None:
    face[:] = cv2.blur(face, (15, 1))


# Of the square around a face, 220 pixels wide, in which its eyes are at 92 and its mouth at 144.
HIDDEN: dict[str, Callable[[Picture], None]] = {
    "below the eyes": _part(slice(112, None), slice(None)),
    "behind a mask": _part(slice(118, 180), slice(40, 180)),
    "behind dark glasses": _part(slice(80, 104), slice(50, 170)),
    "the left half": _part(slice(None), slice(None, 105)),
    "tilted": _turned(35),
    "seen from the side": _squeezed,
    "on the move": _smeared,
    "the wrong way up": _turned(180),
    "lying on the left": _turned(85),
    "lying on the right": _turned(-85),
}


def averted(how: str, size: int) -> Picture:
    """Give the square around a face, hidden in one of these ways, so many pixels wide."""
    face = astronaut()[10:230, 112:332].copy()
    HIDDEN[how](face)
    return resized(face, (size, size))
