"""Recognition as a loop in one process, without queues and without forgetting: the baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from lethe.contracts.instants import Instant
from lethe.contracts.probe import NO_TRACK
from lethe.detect.shots import BestShots, ShotPolicy
from lethe.detect.tracks import Tracker
from lethe.match.ports import Comparison
from lethe.match.tracks import TrackScores
from lethe.vision.extract import FaceExtractor
from lethe.vision.quality import QualityGate
from lethe.vision.shots import EveryFace, ShotChooser
from lethe.vision.yunet import DetectorSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lethe.vision.pack import ModelPack

Choosing = Callable[[float], ShotChooser]
_AMPLE_MS = 600.0
_EYES = slice(4, 8)
_SCORE = 14
_GEOMETRY = 14


@dataclass(frozen=True, slots=True)
class Shot:
    """A template (length,) float32 of length 1, and the token of the track that it belongs to."""

    track: bytes
    template: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Look:
    """What one frame gave."""

    faces: int
    shots: list[Shot]


class Loop(Protocol):
    """One way from a frame (height, width, 3) uint8 BGR to templates."""

    def begin(self) -> None:
        """Start on another camera."""
        ...

    def look(self, image: NDArray[np.uint8], at_s: float) -> Look:
        """Find faces in a frame and make the templates of those that are worth one."""
        ...

    def reference(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the template of the one person in a reference image."""
        ...


class OurLoop:
    """Lethe's detector, gate and embedder.

    Parameters
    ----------
    choosing
        Makes, for each camera, what chooses the shots of a frame by its time.
    """

    def __init__(self, extractor: FaceExtractor, choosing: Callable[[], Choosing]) -> None:
        self._extractor = extractor
        self._choosing = choosing
        self._chosen = choosing()

    def begin(self) -> None:
        """Forget the tracks of the camera before."""
        self._chosen = self._choosing()

    def look(self, image: NDArray[np.uint8], at_s: float) -> Look:
        """Detect, choose and embed."""
        chooser = self._chosen(at_s)
        with self._extractor.extract(image, chooser) as extraction:
            shots = []
            for index, position in enumerate(extraction.positions):
                shots.append(Shot(chooser.track(position), extraction.templates[index].copy()))
                chooser.took(position)
            return Look(extraction.seen, shots)

    def reference(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Enrol as detect does."""
        with self._extractor.extract_reference(image) as extraction:
            template: NDArray[np.float32] = extraction.templates[0].copy()
            return template


class OpenCvLoop:
    """OpenCV's `FaceDetectorYN` and `FaceRecognizerSF` on the same two models, every face.

    Frames are reduced and faces turned away by size and score as Lethe does, so that both embed
    the same faces; alignment, features and their order are OpenCV's own.
    """

    def __init__(self, pack: ModelPack) -> None:
        self._gate = QualityGate()
        self._width = DetectorSettings().size[0]
        detector = str(pack.detector_path)
        least = DetectorSettings().min_score
        self._detector = cv2.FaceDetectorYN.create(detector, "", (self._width, 32), least)
        self._embedder = cv2.FaceRecognizerSF.create(str(pack.embedder_path), "")

    def begin(self) -> None:
        """Keep nothing between frames."""

    def look(self, image: NDArray[np.uint8], at_s: float) -> Look:  # noqa: ARG002 - as the others
        """Detect in the reduced frame, embed from the whole one."""
        rows = self._detect(image)
        kept = [row for row in rows if self._worth_it(row)]
        return Look(len(rows), [Shot(NO_TRACK, self._template(image, row)) for row in kept])

    def reference(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Embed the largest face."""
        rows = self._detect(image)
        return self._template(image, max(rows, key=lambda row: float(row[2] * row[3])))

    def _detect(self, image: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        height, width = image.shape[:2]
        scale = max(width / self._width, 1.0)
        size = (round(width / scale), round(height / scale))
        reduced = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        self._detector.setInputSize(size)
        _, found = self._detector.detect(reduced)
        rows = [] if found is None else [np.asarray(row, np.float32) for row in found]
        for row in rows:
            row[:_GEOMETRY] *= scale
        return rows

    def _worth_it(self, row: NDArray[np.float32]) -> bool:
        right, left = row[_EYES].reshape(2, 2)
        apart_px = float(np.hypot(*(left - right)))
        certain = float(row[_SCORE]) >= self._gate.min_detector_score
        return certain and apart_px >= self._gate.min_inter_ocular_px

    def _template(self, image: NDArray[np.uint8], row: NDArray[np.float32]) -> NDArray[np.float32]:
        feature = self._embedder.feature(self._embedder.alignCrop(image, row))
        flat = np.asarray(feature, np.float32).ravel()
        return np.asarray(flat / np.linalg.norm(flat), np.float32)


def every_face() -> Choosing:
    """Give every face of every frame a template."""
    return lambda _at_s: EveryFace()


def best_shots() -> Choosing:
    """Follow faces and choose their best shots, as detect does when it isn't late."""
    return partial(BestShots, Tracker(), ShotPolicy(), left_ms=lambda: _AMPLE_MS)


class Comparer:
    """Compares shots with references as match does: several of one track as one.

    Parameters
    ----------
    listed
        Template of each listed person.
    cosines
        From which combined cosine on a person counts as found; each is tried.
    """

    _BEST = 20

    def __init__(self, listed: dict[str, NDArray[np.float32]], cosines: tuple[float, ...]) -> None:
        self._names = list(listed)
        self._references = np.stack(list(listed.values()))
        self._scores = {cosine: TrackScores() for cosine in cosines}

    def compare(self, camera_id: str, shot: Shot, at_s: float) -> Iterator[tuple[float, str]]:
        """Yield each cosine that the best candidate reaches, with their name."""
        cosines = np.einsum("rl,l->r", self._references, shot.template)
        order = np.argsort(-cosines)[: self._BEST]
        comparisons = [Comparison(self._names[i], self._names[i], float(cosines[i])) for i in order]
        at_us = round(at_s * 1e6)
        captured = Instant(boot_id="footage", boot_us=at_us, wall_us=at_us)
        for needed, kept in self._scores.items():
            combined = kept.combine(
                camera_id, shot.track, comparisons, needed=needed, captured=captured
            )
            best = max(combined, key=lambda one: one.cosine)
            if best.cosine >= needed:
                yield needed, best.subject_id


def references(loop: Loop, folder: Path) -> dict[str, NDArray[np.float32]]:
    """Enrol a folder of one image per person."""
    images = {
        path.stem: cv2.imread(str(path), cv2.IMREAD_COLOR) for path in sorted(folder.iterdir())
    }
    return {name: loop.reference(np.asarray(image, np.uint8)) for name, image in images.items()}
