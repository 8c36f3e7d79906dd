"""Where the least is that may be a face: for pictures in which nobody is to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lethe.vision.buffers import WipedBuffer
from lethe.vision.loading import open_detector
from lethe.vision.yunet import DetectorSettings, reduced_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lethe.vision.faces import Box
    from lethe.vision.halt import Halt
    from lethe.vision.pack import ModelPack

# Of faces that are tilted, half hidden or averted, far fewer are missed than from 0.3 on; some
# plain wall is taken for faces, which costs nobody anything here.
_UPRIGHT = DetectorSettings(min_score=0.1)
_WIDE, _HIGH = _UPRIGHT.size
# The detector knows upright faces only. Whoever lies down is upright in the picture turned.
_TURNED = DetectorSettings(size=(_HIGH, _WIDE), min_score=0.5)
_QUARTERS = (1, 3)


class FaintFaces:
    """Finds faces with less certainty than counts for anything else. One instance per thread.

    Reduced and turned copies of what it looks at are overwritten before it returns.

    Parameters
    ----------
    halt
        Ends a search midway, with `Halted`.
    """

    def __init__(self, pack: ModelPack, *, halt: Halt) -> None:
        self._upright = open_detector(pack, threads=1, settings=_UPRIGHT, halt=halt)
        self._turned = open_detector(pack, threads=1, settings=_TURNED, halt=halt)
        self._memory = WipedBuffer(2 * _WIDE * _HIGH * 3)

    def warm_up(self) -> None:
        """Run every model once: the first run takes several times as long as the others."""
        self.boxes(np.zeros((_HIGH, _WIDE, 3), np.uint8))

    def boxes(self, image: NDArray[np.uint8]) -> list[Box] | None:
        """Return where they are in an image (height, width, 3) uint8, BGR; None if too many."""
        upright = self._upright.detect(image)
        if len(upright) >= _UPRIGHT.max_faces:
            return None
        turned = self._of_the_turned(image)
        return None if turned is None else [*(face.box for face in upright), *turned]

    def _of_the_turned(self, image: NDArray[np.uint8]) -> list[Box] | None:
        """Return where faces are that lie on their side; None if too many."""
        found: list[Box] = []
        height, width = image.shape[:2]
        wide, high = reduced_size(width, height, _UPRIGHT.size)
        across, down = width / wide, height / high
        with self._memory:
            reduced = self._memory.array((high, wide, 3), np.uint8)
            turned = self._memory.array((wide, high, 3), np.uint8, offset_bytes=reduced.nbytes)
            cv2.resize(image, (wide, high), dst=reduced, interpolation=cv2.INTER_LINEAR)
            for quarters in _QUARTERS:
                np.copyto(turned, np.rot90(reduced, quarters))
                faces = self._turned.detect(turned)
                if len(faces) >= _TURNED.max_faces:
                    return None
                for face in faces:
                    x, y, broad, tall = _turned_back(face.box, quarters, wide, high)
                    found.append((x * across, y * down, broad * across, tall * down))
        return found


def _turned_back(box: Box, quarters: int, wide: int, high: int) -> Box:
    """Return a box of a picture that was turned anticlockwise in the picture as it was.

    Parameters
    ----------
    quarters
        1 or 3.
    wide, high
        Of the picture as it was.
    """
    x, y, broad, tall = box
    if quarters == 1:
        return wide - y - tall, x, tall, broad
    return y, high - x - broad, tall, broad
