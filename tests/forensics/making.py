"""Does what the product does with a picture, in the attacker's process, and keeps every copy.

With the product's own functions: what is looked for later is the same, byte by byte.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.forensics.windows import Kind

from lethe.vision import align, extract, sface
from lethe.vision.buffers import WipedBuffer
from lethe.vision.extract import FaceExtractor, UnusableReference
from lethe.vision.faces import Box, Face
from lethe.vision.figure import figure_jpeg
from lethe.vision.jpeg import decode_jpeg_into
from lethe.vision.pack import ModelPack
from lethe.vision.portrait import portrait_jpeg
from lethe.vision.refine import LandmarkRefiner
from lethe.vision.stills import read_still
from lethe.vision.yunet import reduced_size

_FRAME_BYTES = 1280 * 720 * 3
_REDUCED = (640, 360)
_OF_A_VIEW = (320, 180)
# The middle of a face's box: around it is background, which may be the same in later frames.
_INNER = (0.2, 0.8)
_EVERY_ROW = 4
_LISTED_COSINE = 0.4
_OPAQUE = 255

Pixels = NDArray[np.uint8]
Trace = tuple[Kind, Any]


class Maker:
    """Makes what ingest, detect and alert make.

    Parameters
    ----------
    listed
        Pictures of those who are searched for: to show those is what the system is for.
    """

    def __init__(self, pack: ModelPack, listed: Sequence[Pixels] = ()) -> None:
        self._extractor = FaceExtractor(pack)
        self._buffer = WipedBuffer(_FRAME_BYTES)
        self._listed = [self._template(reference) for reference in listed]

    def of_frame(self, frame: Pixels, jpeg: bytes) -> Iterator[Trace]:
        """Give what becomes of a frame, and of a view of it before faces are covered."""
        yield Kind.JPEG, jpeg
        image = decode_jpeg_into(jpeg, self._buffer)
        with _watched() as seen, self._extractor.extract(image) as extraction:
            found, templates = extraction, extraction.templates.copy()
        yield from ((Kind.TEMPLATE, values) for values in templates)
        yield from seen.traces()
        yield from _faces_in((frame, image), seen.faces)
        yield from _turned_and_small(image, seen.faces)
        for index, (face, template) in enumerate(zip(found.faces, templates, strict=True)):
            if not any(float(template @ other) >= _LISTED_COSINE for other in self._listed):
                yield Kind.JPEG, portrait_jpeg(image, face, found.others(index))
                yield Kind.JPEG, figure_jpeg(image, face, found.others(index))

    def of_reference(self, still: bytes) -> Iterator[Trace]:
        """Give what becomes of a picture that somebody is listed with, also if it is no use."""
        yield Kind.JPEG, still
        image = read_still(still)
        templates: list[NDArray[np.float32]] = []
        with (
            _watched() as seen,
            suppress(UnusableReference),
            self._extractor.extract_reference(image) as extraction,
        ):
            templates = list(extraction.templates.copy())
        yield from ((Kind.TEMPLATE, values) for values in templates)
        yield from seen.traces()
        yield from _faces_in((*_as_pillow_has(image), image), seen.faces)

    def _template(self, reference: Pixels) -> NDArray[np.float32]:
        with self._extractor.extract_reference(reference) as extraction:
            template: NDArray[np.float32] = extraction.templates[0].copy()
            return template


@dataclass(slots=True)
class _Seen:
    """What the extractor worked on."""

    crops: list[Pixels] = field(default_factory=list)
    looks: list[Pixels] = field(default_factory=list)
    faces: list[Face] = field(default_factory=list)
    raw: list[NDArray[np.float32]] = field(default_factory=list)

    def traces(self) -> Iterator[Trace]:
        """Give templates before they are scaled, crops, and faces looked at from near."""
        yield from ((Kind.TEMPLATE, values) for values in self.raw)
        rows = [row for look in self.looks for row in _middle(look)]
        for crop in [*self.crops, *rows]:
            yield Kind.PIXELS, crop
            yield from _planes(crop)


@contextmanager
def _watched() -> Iterator[_Seen]:
    """Keep copies of what the extractor works on."""
    seen = _Seen()

    def align_into(image: Pixels, face: Face, crop: Pixels) -> None:
        _align_into(image, face, crop)
        seen.crops.append(crop.copy())
        seen.faces.append(face)

    def normalise_into(raw: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        seen.raw.append(raw.copy())
        _normalise_into(raw, out)

    def refine(refiner: LandmarkRefiner, image: Pixels, face: Face) -> Face:
        detect = refiner._detector.detect

        def look(pixels: Pixels) -> list[Face]:
            seen.looks.append(pixels.copy())
            return detect(pixels)

        with mock.patch.object(refiner._detector, "detect", look):
            return _refine(refiner, image, face)

    with (
        mock.patch.object(extract, "align_into", align_into),
        mock.patch.object(sface, "normalise_into", normalise_into),
        mock.patch.object(LandmarkRefiner, "refine", refine),
    ):
        yield seen


_align_into, _normalise_into = align.align_into, sface.normalise_into
_refine = LandmarkRefiner.refine


def _faces_in(pictures: Sequence[Pixels], faces: Sequence[Face]) -> Iterator[Trace]:
    """Give rows of faces in each picture, and in the last one reduced."""
    for pixels in pictures:
        for face in faces:
            yield from ((Kind.PIXELS, row) for row in _inner(pixels, face.box))
    reduced, boxes = _reduced(pictures[-1], _REDUCED, cv2.INTER_LINEAR, faces)
    for box in boxes:
        for row in _inner(reduced, box):
            yield Kind.PIXELS, row
            yield from _planes(row)


def _turned_and_small(image: Pixels, faces: Sequence[Face]) -> Iterator[Trace]:
    """Give faces as a view is made of them: looked at from both sides, then in small."""
    reduced, boxes = _reduced(image, _REDUCED, cv2.INTER_LINEAR, faces)
    columns = np.ascontiguousarray(reduced.swapaxes(0, 1))
    for x, y, wide, high in boxes:
        for downwards in _inner(columns, (y, x, high, wide)):
            for column in (downwards, np.ascontiguousarray(downwards[::-1])):
                yield Kind.PIXELS, column
                yield from _planes(column)
    small, boxes = _reduced(image, _OF_A_VIEW, cv2.INTER_AREA, faces)
    for box in boxes:
        yield from ((Kind.PIXELS, row) for row in _inner(small, box))


def _reduced(
    image: Pixels, most: tuple[int, int], interpolation: int, faces: Sequence[Face]
) -> tuple[Pixels, list[Box]]:
    height, width = image.shape[:2]
    wide, high = reduced_size(width, height, most)
    small = np.asarray(cv2.resize(image, (wide, high), interpolation=interpolation), np.uint8)
    return small, [face.scaled(wide / width, high / height).box for face in faces]


def _inner(pixels: Pixels, box: Box) -> list[Pixels]:
    x, y, wide, high = box
    top, bottom = (y + share * high for share in _INNER)
    left, right = (x + share * wide for share in _INNER)
    rows = range(max(0, int(top)), min(pixels.shape[0], int(bottom)), _EVERY_ROW)
    columns = slice(max(0, int(left)), min(pixels.shape[1], int(right)))
    return [pixels[row, columns].copy() for row in rows]


def _planes(pixels: Pixels) -> Iterator[Trace]:
    """Give each channel as a network gets it."""
    for channel in range(3):
        yield Kind.TENSOR, pixels[..., channel].astype(np.float32)


def _middle(look: Pixels) -> list[Pixels]:
    """Give rows of a face that was looked at from near: it has half of the side."""
    quarter = look.shape[0] // 4
    return [look[row, quarter:-quarter].copy() for row in range(quarter, 3 * quarter, _EVERY_ROW)]


def _as_pillow_has(image: Pixels) -> tuple[Pixels, Pixels]:
    """Give a picture as Pillow decodes it, four bytes a pixel, and as it hands it out."""
    rgb = np.ascontiguousarray(image[..., ::-1])
    opaque = np.full((*image.shape[:2], 1), _OPAQUE, np.uint8)
    return np.concatenate([rgb, opaque], axis=2), rgb
