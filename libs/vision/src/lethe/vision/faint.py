"""Where the least is that may be a face: for pictures in which nobody is to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lethe.vision.loading import open_detector
from lethe.vision.yunet import DetectorSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lethe.vision.faces import Box
    from lethe.vision.halt import Halt
    from lethe.vision.pack import ModelPack

# Of faces that are turned on their side, half hidden or averted, far fewer are missed than from
# 0.3 on; some plain wall is taken for faces, which costs nobody anything here.
_MIN_SCORE = 0.1


class FaintFaces:
    """Finds faces with less certainty than counts for anything else. One instance per thread.

    Parameters
    ----------
    halt
        Ends a search midway, with `Halted`.
    """

    def __init__(
        self, pack: ModelPack, *, halt: Halt, threads: int = 1, max_faces: int = 256
    ) -> None:
        self._max_faces = max_faces
        settings = DetectorSettings(min_score=_MIN_SCORE, max_faces=max_faces)
        self._detector = open_detector(pack, threads=threads, settings=settings, halt=halt)

    def warm_up(self) -> None:
        """Run the model once: the first run takes several times as long as the others."""
        wide, high = DetectorSettings.size
        self._detector.detect(np.zeros((high, wide, 3), np.uint8))

    def boxes(self, image: NDArray[np.uint8]) -> list[Box] | None:
        """Return where they are in an image (height, width, 3) uint8, BGR; None if too many."""
        faces = self._detector.detect(image)
        return [face.box for face in faces] if len(faces) < self._max_faces else None
