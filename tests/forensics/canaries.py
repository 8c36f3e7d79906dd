"""The people whose traces are looked for, and every trace that the product may make of them.

The footage shows the seven people of the demonstration once each or twice; two are listed. What
ingest encodes of it, and detect crops and computes, is worked out beforehand with the product's
own functions in the attacker's process. Of the result only hashes of windows are kept.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.forensics.windows import Kind, Windows, cut, joined

from lethe.cli.footage.cast import demonstration_cast
from lethe.cli.footage.folder import publish
from lethe.cli.footage.render import Camera
from lethe.cli.footage.script import Lane, timetable
from lethe.ingest.sources.ports import SourceFrame
from lethe.ingest.sources.video import VideoSource
from lethe.vision import align, extract, sface
from lethe.vision.buffers import WipedBuffer
from lethe.vision.extract import FaceExtractor
from lethe.vision.faces import Face
from lethe.vision.figure import figure_jpeg
from lethe.vision.jpeg import decode_jpeg_into, encode_jpeg
from lethe.vision.pack import ModelPack
from lethe.vision.portrait import portrait_jpeg
from lethe.vision.refine import LandmarkRefiner

_SEED = 20261126
_PASSES = 2
_QUALITY = 85
_FRAME_BYTES = 1280 * 720 * 3
_REDUCED = (640, 360)
# The middle of a face's box: around it is background, which may be the same in later frames.
_INNER = (0.2, 0.8)
_EVERY_ROW = 4
_LISTED_COSINE = 0.4

Pixels = NDArray[np.uint8]


def canary_camera() -> Camera:
    """Script one camera that everybody passes twice, canaries and the listed alike."""
    rng = np.random.default_rng(_SEED)
    cast = demonstration_cast()
    queue = [person for _ in range(_PASSES) for person in cast]
    near = Lane(480, (40.0, 56.0), 165.0, pass_s=5.0, headway_s=6.5, first_s=0.5, leftwards=False)
    far = Lane(136, (30.0, 38.0), 105.0, pass_s=6.0, headway_s=8.0, first_s=1.5, leftwards=True)
    return Camera("canaries", timetable(queue, (near, far), rng), _SEED)


def canary_footage(folder: Path) -> Path:
    """Render the footage with its watchlist, unless the folder holds it already."""
    return publish(folder, lambda: [canary_camera()], recipe={"canaries": _SEED})


@dataclass(slots=True)
class Traces:
    """Windows of everything that was made of each frame.

    Attributes
    ----------
    frames
        By the SHA-256 of a frame's JPEG: the frame's place in the footage.
    """

    frames: dict[bytes, int] = field(default_factory=dict)
    windows: list[Windows] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write hashes of windows, which nothing can be learnt from, for the next run."""
        arrays: dict[str, NDArray[np.generic]] = {
            "names": np.frombuffer(b"".join(self.frames), np.uint8).reshape(-1, 32),
            "places": np.array(list(self.frames.values()), np.int64),
        }
        for part in self.windows:
            arrays |= {f"{part.kind}.hashes": part.hashes, f"{part.kind}.births": part.births}
        np.savez(path, **arrays)  # type: ignore[arg-type] # allow_pickle isn't among the names

    @classmethod
    def load(cls, path: Path) -> "Traces":
        """Read what `save` wrote."""
        with np.load(path) as kept:
            names = [row.tobytes() for row in kept["names"]]
            frames = dict(zip(names, kept["places"].tolist(), strict=True))
            windows = [Windows(k, kept[f"{k}.hashes"], kept[f"{k}.births"]) for k in Kind if
                       f"{k}.hashes" in kept]  # fmt: skip
        return cls(frames, windows)


def what_decides() -> str:
    """Return a digest over the code that decides what becomes of the footage."""
    digest = sha256()
    for package in ("lethe.vision", "lethe.ingest.sources", "lethe.cli.footage"):
        (folder,) = import_module(package).__path__
        for path in sorted(Path(folder).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def traces_of(
    footage: Path, pack: ModelPack, progress: Callable[[int], None] = lambda _: None
) -> Traces:
    """Work out the traces of every frame of a video, in the order of the frames."""
    traces = Traces()
    parts: dict[Kind, list[Windows]] = {kind: [] for kind in Kind}
    maker = _Maker(pack, _references(footage.parent / "watchlist"))
    source = VideoSource(footage)
    source.open()
    for place, item in enumerate(source.frames()):
        assert isinstance(item, SourceFrame)
        jpeg = encode_jpeg(item.image, _QUALITY)
        traces.frames[sha256(jpeg).digest()] = place
        for kind, content in maker.traces(item.image, jpeg):
            parts[kind].append(cut(kind, content, place))
        progress(place)
    source.close()
    traces.windows = [joined(kind, cuts) for kind, cuts in parts.items() if cuts]
    return traces


class _Maker:
    """Does what ingest and detect do with a frame, and keeps every copy on the way."""

    def __init__(self, pack: ModelPack, references: list[Pixels]) -> None:
        self._extractor = FaceExtractor(pack)
        self._buffer = WipedBuffer(_FRAME_BYTES)
        self._listed = [self._template(reference) for reference in references]

    def traces(self, frame: Pixels, jpeg: bytes) -> Iterator[tuple[Kind, Any]]:
        yield Kind.JPEG, jpeg
        image = decode_jpeg_into(jpeg, self._buffer)
        with _watched() as seen, self._extractor.extract(image) as extraction:
            found, templates = extraction, extraction.templates.copy()
        yield from ((Kind.TEMPLATE, values) for values in [*seen.raw, *templates])
        rows = [row for look in seen.looks for row in _middle(look)]
        for crop in [*seen.crops, *rows]:
            yield Kind.PIXELS, crop
            yield from ((Kind.TENSOR, plane) for plane in _planes(crop))
        for face in seen.faces:
            yield from _regions(frame, image, face)
        for index, (face, template) in enumerate(zip(found.faces, templates, strict=True)):
            # The pictures of somebody listed are what the system is there to show.
            if not any(float(template @ other) >= _LISTED_COSINE for other in self._listed):
                yield Kind.JPEG, portrait_jpeg(image, face, found.others(index))
                yield Kind.JPEG, figure_jpeg(image, face, found.others(index))

    def _template(self, reference: Pixels) -> NDArray[np.float32]:
        with self._extractor.extract_reference(reference) as extraction:
            template: NDArray[np.float32] = extraction.templates[0].copy()
            return template


@dataclass(slots=True)
class _Seen:
    crops: list[Pixels] = field(default_factory=list)
    looks: list[Pixels] = field(default_factory=list)
    faces: list[Face] = field(default_factory=list)
    raw: list[NDArray[np.float32]] = field(default_factory=list)


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


def _regions(frame: Pixels, image: Pixels, face: Face) -> Iterator[tuple[Kind, Any]]:
    """Give rows of a face in the frame before and after compression, and reduced."""
    for pixels in (frame, image):
        yield from ((Kind.PIXELS, row) for row in _inner(pixels, face))
    height, width = image.shape[:2]
    reduced = np.asarray(cv2.resize(image, _REDUCED, interpolation=cv2.INTER_LINEAR), np.uint8)
    small = face.scaled(_REDUCED[0] / width, _REDUCED[1] / height)
    for row in _inner(reduced, small):
        yield Kind.PIXELS, row
        yield from ((Kind.TENSOR, row[:, channel].astype(np.float32)) for channel in range(3))


def _inner(pixels: Pixels, face: Face) -> list[Pixels]:
    height, width = pixels.shape[:2]
    top, bottom = (face.y + share * face.height for share in _INNER)
    left, right = (face.x + share * face.width for share in _INNER)
    rows = range(max(0, int(top)), min(height, int(bottom)), _EVERY_ROW)
    columns = slice(max(0, int(left)), min(width, int(right)))
    return [pixels[row, columns].copy() for row in rows]


def _planes(crop: Pixels) -> list[NDArray[np.float32]]:
    return [crop[..., channel].astype(np.float32) for channel in range(3)]


def _middle(look: Pixels) -> list[Pixels]:
    """Give rows of a face that was looked at from near: it has half of the side."""
    quarter = look.shape[0] // 4
    return [look[row, quarter:-quarter].copy() for row in range(quarter, 3 * quarter, _EVERY_ROW)]


def _references(folder: Path) -> list[Pixels]:
    return [np.asarray(cv2.imread(str(path)), np.uint8) for path in sorted(folder.iterdir())]
