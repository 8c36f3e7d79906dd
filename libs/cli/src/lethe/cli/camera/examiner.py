"""Measuring one picture in owned memory: light, and the faces in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lethe.cli.camera.observing import Observation, SeenFace
from lethe.ingest.sources.buffers import OwnedImage
from lethe.vision.align import CROP_SHAPE, align_into
from lethe.vision.polygons import blank, contains
from lethe.vision.quality import sharpness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lethe.cli.session.cameras import CameraSettings
    from lethe.vision.faces import Face
    from lethe.vision.ports import Detector

_NEAR_WHITE, _NEAR_BLACK = 250, 5


class Examiner:
    """Looks at pictures as the pipeline does: masks blanked, faces in the zone.

    Parameters
    ----------
    min_score
        Least score of the detector, as in detect.
    """

    def __init__(self, detector: Detector, settings: CameraSettings, *, min_score: float) -> None:
        self._detector = detector
        self._settings = settings
        self._min_score = min_score
        self._grey = OwnedImage()
        self._crop = np.zeros(CROP_SHAPE, np.uint8)

    def examine(self, image: NDArray[np.uint8], seen: Observation) -> None:
        """Add what is measured of an image (height, width, 3) uint8, BGR, which is changed."""
        blank(image, self._settings.masks)
        try:
            seen.height, seen.width = image.shape[:2]
            seen.examined += 1
            self._measure_light(image, seen)
            for face in self._detector.detect(image):
                if face.score >= self._min_score:
                    seen.faces.append(self._measured(image, face))
        finally:
            self._grey.wipe()
            self._crop.fill(0)

    def _measure_light(self, image: NDArray[np.uint8], seen: Observation) -> None:
        grey = self._grey.shaped(seen.height, seen.width, 1)
        cv2.cvtColor(image, cv2.COLOR_BGR2GRAY, dst=grey)
        seen.brightness.append(float(grey.mean()))
        seen.burnt.append(float((grey >= _NEAR_WHITE).mean()))
        seen.black.append(float((grey <= _NEAR_BLACK).mean()))

    def _measured(self, image: NDArray[np.uint8], face: Face) -> SeenFace:
        height, width = image.shape[:2]
        align_into(image, face, self._crop)
        across, down = (face.x + face.width / 2) / width, (face.y + face.height / 2) / height
        zone = self._settings.zone
        return SeenFace(
            x=across,
            y=down,
            eyes_px=face.inter_ocular_distance,
            sharpness=sharpness(self._crop),
            brightness=float(self._crop.mean()),
            in_zone=zone is None or contains(zone, across, down),
            is_cut=not (0 <= face.x <= width - face.width and 0 <= face.y <= height - face.height),
        )
