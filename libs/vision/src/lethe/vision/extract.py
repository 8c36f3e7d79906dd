"""From an image to the templates of the faces in it that are worth one."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from lethe.contracts.errors import InvalidInput
from lethe.vision.align import CROP_BYTES, CROP_SHAPE, align_into
from lethe.vision.buffers import WipedBuffer, aligned
from lethe.vision.extraction import Extraction
from lethe.vision.halt import Halt
from lethe.vision.loading import open_detector, open_embedder
from lethe.vision.merit import merit
from lethe.vision.polygons import faces_within
from lethe.vision.quality import DiscardReason, QualityGate
from lethe.vision.refine import LOOK_SIDE, LandmarkRefiner
from lethe.vision.shots import EveryFace, ShotChooser, View
from lethe.vision.yunet import DetectorSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from lethe.vision.faces import Face
    from lethe.vision.pack import ModelPack
    from lethe.vision.ports import Detector

_FLOAT_BYTES = 4
# A second face in a reference image is somebody in the background when its area is below this
# share of the largest one's.
_BACKGROUND_SHARE = 1 / 9
# From near a face may look less certain than from afar; its first score is the one that counts.
_NEAR_LOOK = DetectorSettings(size=(LOOK_SIDE, LOOK_SIDE), min_score=0.3)
# From this score on it may be a face: it isn't looked at, and isn't shown to anybody.
_UNSURE_SCORE = 0.3
# A reference in which nothing is found at the live size is looked at more closely.
_CLOSE_LOOK = (1280, 1280)


class ReferenceFault(StrEnum):
    """Why an image can't be a reference."""

    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    CUT = "cut"
    POSE = "pose"

    @property
    def advice(self) -> str:
        """One line that says what is wrong and what to do."""
        return _ADVICE[self]


_ADVICE = {
    ReferenceFault.NO_FACE: (
        "no face was found: use a picture that shows the face from the front, or a larger one"
    ),
    ReferenceFault.SEVERAL_FACES: "several faces were found: cut the picture to one person",
    ReferenceFault.TOO_SMALL: "the face is too small: use a larger picture",
    ReferenceFault.BLURRED: "the face is blurred: use a sharper picture",
    ReferenceFault.CUT: "the picture's edge cuts the face: use a picture that shows all of it",
    ReferenceFault.POSE: "the face is turned aside: use a picture from the front",
}


class UnusableReference(InvalidInput):
    """An image that can't be a reference.

    Attributes
    ----------
    fault
        Why not.
    """

    def __init__(self, fault: ReferenceFault) -> None:
        super().__init__(fault.advice)
        self.fault = fault


class FaceExtractor:
    """Detector, quality gate and embedder, with owned memory for crops and templates.

    One instance per thread, one extraction at a time.

    Parameters
    ----------
    pack
        The models.
    gate
        Which faces get a template.
    threads
        Threads of each model's session.
    settings
        How the detector is run on live frames.
    max_faces
        Faces of one image beyond this number are discarded as `crowded`.
    licence_accepted
        As in `lethe.vision.loading.open_pack`.

    Attributes
    ----------
    halt
        Ends the extraction that is going on, with `Halted`; what it made is overwritten.
    """

    def __init__(
        self,
        pack: ModelPack,
        *,
        gate: QualityGate | None = None,
        threads: int = 1,
        settings: DetectorSettings | None = None,
        max_faces: int = 64,
        licence_accepted: bool = False,
    ) -> None:
        self._pack, self._threads = pack, threads
        self._gate = gate or QualityGate()
        self._settings = settings or DetectorSettings()
        self.halt = Halt()
        unsure = min(self._settings.min_score, _UNSURE_SCORE)
        self._detector = self._open_detector(replace(self._settings, min_score=unsure))
        self._close_detector = self._open_detector(replace(self._settings, size=_CLOSE_LOOK))
        self._refiner = LandmarkRefiner(self._open_detector(_NEAR_LOOK))
        self._embedder = open_embedder(
            pack, threads=threads, licence_accepted=licence_accepted, halt=self.halt
        )
        self._max_faces = max_faces
        length = self._embedder.template_length
        crop_bytes = aligned(max_faces * CROP_BYTES)
        self._memory = WipedBuffer(crop_bytes + max_faces * length * _FLOAT_BYTES)
        self._crops = self._memory.array((max_faces, *CROP_SHAPE), np.uint8)
        self._templates = self._memory.array(
            (max_faces, length), np.float32, offset_bytes=crop_bytes
        )
        self._open = False

    def _open_detector(self, settings: DetectorSettings) -> Detector:
        return open_detector(self._pack, threads=self._threads, settings=settings, halt=self.halt)

    def warm_up(self) -> None:
        """Run every model once: the first run takes several times as long as the others."""
        with self._memory_in_use():
            blank = np.zeros((_CLOSE_LOOK[1], _CLOSE_LOOK[0], 3), np.uint8)
            self._detector.detect(blank)
            self._close_detector.detect(blank)
            self._embedder.embed(self._crops[:1], self._templates[:1])

    @contextmanager
    def extract(
        self,
        image: NDArray[np.uint8],
        chooser: ShotChooser | None = None,
        *,
        zone: Sequence[tuple[float, float]] | None = None,
    ) -> Iterator[Extraction]:
        """Make the templates of a live frame (height, width, 3) uint8, BGR.

        Use it in a `with` statement: templates and crops are overwritten when the block ends.

        Parameters
        ----------
        chooser
            Says which views are worth a template; by default all are.
        zone
            Corners in shares of width and height. A face whose centre lies outside is discarded
            as `outside_zone` before anything else is done with it; None looks everywhere.
        """
        with self._memory_in_use():
            reported = self._detector.detect(image)
            found = [face for face in reported if face.score >= self._settings.min_score]
            unsure = [face for face in reported if face.score < self._settings.min_score]
            inside = found if zone is None else faces_within(zone, found, image.shape)
            yield self._extract(
                image, inside, chooser or EveryFace(), detected=found, unsure=unsure
            )

    @contextmanager
    def extract_reference(self, image: NDArray[np.uint8]) -> Iterator[Extraction]:
        """Make the template of the one person whom a reference image shows.

        Faces much smaller than the largest belong to the background and are ignored.

        Raises
        ------
        UnusableReference
            It doesn't show one face well enough; `fault` says why.
        """
        with self._memory_in_use():
            subject = [self._subject(image)]
            extraction = self._extract(image, subject, EveryFace(), detected=subject)
            if extraction.discarded:
                (reason,) = extraction.discarded
                raise UnusableReference(ReferenceFault(reason))
            yield extraction

    @contextmanager
    def _memory_in_use(self) -> Iterator[None]:
        if self._open:
            raise RuntimeError("the previous extraction is still open: one at a time")
        self._open = True
        try:
            with self._memory:
                yield
        finally:
            self._open = False

    def _extract(
        self,
        image: NDArray[np.uint8],
        found: list[Face],
        chooser: ShotChooser,
        *,
        detected: list[Face],
        unsure: Sequence[Face] = (),
    ) -> Extraction:
        outside = len(detected) - len(found)
        discarded: Counter[str] = Counter({DiscardReason.OUTSIDE_ZONE: outside})
        kept: list[Face] = []
        positions: list[int] = []
        views = self._views(image, found, discarded)
        chosen = chooser.choose(views)
        discarded[DiscardReason.TRACKED] += len(views) - len(chosen)
        for position in chosen:
            admitted = self._admit(image, views[position].face, self._crops[len(kept)])
            if isinstance(admitted, DiscardReason):
                discarded[admitted] += 1
                chooser.refused(position)
            else:
                kept.append(admitted)
                positions.append(position)
        templates = self._templates[: len(kept)]
        self._embedder.embed(self._crops[: len(kept)], templates)
        told = {str(reason): count for reason, count in discarded.items() if count}
        return Extraction(detected, list(unsure), told, kept, positions, templates)

    def _views(
        self, image: NDArray[np.uint8], found: list[Face], discarded: Counter[str]
    ) -> list[View]:
        """Rate the faces that may be worth a template, from the landmarks of the whole image."""
        views: list[View] = []
        for face in found:
            reason = self._gate.judge_face(face, image.shape)
            # The first landmarks are too rough to turn a face away for where they lie.
            if reason not in {None, DiscardReason.CUT, DiscardReason.POSE}:
                discarded[str(reason)] += 1
            elif len(views) == self._max_faces:
                discarded[DiscardReason.CROWDED] += 1
            else:
                align_into(image, face, self._crops[0])
                views.append(View(face, merit(face, self._crops[0])))
        return views

    def _admit(
        self, image: NDArray[np.uint8], face: Face, crop: NDArray[np.uint8]
    ) -> Face | DiscardReason:
        """Look at a face from near; one that passes comes back with better landmarks, cropped."""
        refined = self._refiner.refine(image, face)
        align_into(image, refined, crop)
        reason = self._gate.judge_face(refined, image.shape) or self._gate.judge_crop(crop)
        return reason or refined

    def _subject(self, image: NDArray[np.uint8]) -> Face:
        """Find the one face that a reference is about."""
        faces = self._certain(self._detector, image)
        if not faces:
            faces = self._certain(self._close_detector, image)
        if not faces:
            raise UnusableReference(ReferenceFault.NO_FACE)
        largest = max(faces, key=lambda face: face.area)
        if sum(face.area >= largest.area * _BACKGROUND_SHARE for face in faces) > 1:
            raise UnusableReference(ReferenceFault.SEVERAL_FACES)
        return largest

    def _certain(self, detector: Detector, image: NDArray[np.uint8]) -> list[Face]:
        least = max(self._gate.min_detector_score, self._settings.min_score)
        return [face for face in detector.detect(image) if face.score >= least]
