"""The detector YuNet on ONNX Runtime (Wu et al., 2023; decoding as in OpenCV's FaceDetectorYN)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from lethe.vision.buffers import WipedBuffer, aligned
from lethe.vision.faces import LANDMARK_COUNT, Face
from lethe.vision.halt import Halt
from lethe.vision.sessions import bind, open_session

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

STRIDES = (8, 16, 32)
_MULTIPLE_OF = 32
_WIDTHS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 2 * LANDMARK_COUNT}
_FLOAT_BYTES = 4


@dataclass(frozen=True)
class DetectorSettings:
    """How YuNet is run.

    Attributes
    ----------
    size
        Width and height that an image is reduced to before detection; smaller ones stay as they
        are. YuNet finds faces from about 10 pixels of this reduced image up.
    min_score
        Faces below are not reported at all.
    max_overlap
        Of two boxes that overlap more (intersection over union), the better one stays.
    max_faces
        At most so many are reported, the best.
    """

    size: tuple[int, int] = (640, 360)
    min_score: float = 0.6
    max_overlap: float = 0.3
    max_faces: int = 256


class YuNetDetector:
    """Finds faces in a reduced copy of an image; see `lethe.vision.ports.Detector`.

    The reduced copy and the network's outputs live in one owned buffer, which is wiped before
    `detect` returns. One instance per thread.

    Parameters
    ----------
    path
        YuNet in float32 with free height and width.
    threads
        Threads of the session.
    settings
        How it is run.
    halt
        Ends `detect` midway, with `Halted`.
    """

    def __init__(
        self,
        path: Path,
        *,
        threads: int = 1,
        settings: DetectorSettings | None = None,
        halt: Halt | None = None,
    ) -> None:
        self._settings = settings or DetectorSettings()
        self._halt = halt or Halt()
        self._session = open_session(path, threads=threads)
        self._plan: _Plan | None = None

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        """Find the faces in an image (height, width, 3) uint8, BGR; best first."""
        height, width = image.shape[:2]
        plan = self._plan_for(width, height)
        try:
            plan.load(image)
            self._halt.run(self._session, plan.binding)
            faces = plan.faces(self._settings)
        finally:
            plan.memory.wipe()
        return [face.scaled(width / plan.width, height / plan.height) for face in faces]

    def _plan_for(self, width: int, height: int) -> _Plan:
        size = reduced_size(width, height, self._settings.size)
        if self._plan is None or (self._plan.width, self._plan.height) != size:
            self._plan = _Plan(self._session.io_binding(), *size)
        return self._plan


class _Plan:
    """The memory for one size of input, and the session's binding to it."""

    def __init__(self, binding: Any, width: int, height: int) -> None:
        self.binding, self.width, self.height = binding, width, height
        padded_w, padded_h = (-(-side // _MULTIPLE_OF) * _MULTIPLE_OF for side in (width, height))
        area = padded_w * padded_h
        self._grids = {stride: _grid(padded_w, padded_h, stride) for stride in STRIDES}
        output_bytes = sum(
            aligned(len(grid) * wide * _FLOAT_BYTES)
            for grid in self._grids.values()
            for wide in _WIDTHS.values()
        )
        plane_bytes = aligned(area)
        self.memory = WipedBuffer(
            aligned(3 * area) + plane_bytes + aligned(3 * area * _FLOAT_BYTES) + output_bytes
        )
        self._canvas = self.memory.array((padded_h, padded_w, 3), np.uint8)
        offset = aligned(3 * area)
        self._plane = self.memory.array((padded_h, padded_w), np.uint8, offset_bytes=offset)
        offset += plane_bytes
        self._input = self.memory.array((1, 3, padded_h, padded_w), np.float32, offset_bytes=offset)
        offset += aligned(3 * area * _FLOAT_BYTES)
        self._outputs: dict[str, NDArray[np.float32]] = {}
        for stride, grid in self._grids.items():
            for kind, wide in _WIDTHS.items():
                shape = (1, len(grid), wide)
                self._outputs[f"{kind}_{stride}"] = self.memory.array(
                    shape, np.float32, offset_bytes=offset
                )
                offset += aligned(len(grid) * wide * _FLOAT_BYTES)
        bind(binding, inputs={"input": self._input}, outputs=self._outputs)

    def load(self, image: NDArray[np.uint8]) -> None:
        """Reduce an image into the input tensor; the padding on the right and below stays 0."""
        window = self._canvas[: self.height, : self.width]
        if image.shape == window.shape:
            np.copyto(window, image)
        else:
            cv2.resize(image, (self.width, self.height), dst=window, interpolation=cv2.INTER_LINEAR)
        for channel in range(3):
            cv2.extractChannel(self._canvas, channel, dst=self._plane)
            np.copyto(self._input[0, channel], self._plane)

    def faces(self, settings: DetectorSettings) -> list[Face]:
        """Decode the outputs: faces in pixels of the reduced image, overlapping ones dropped."""
        found = [face for stride in STRIDES for face in self._decode(stride, settings.min_score)]
        found.sort(key=lambda face: face.score, reverse=True)
        kept: list[Face] = []
        for face in found:
            if all(overlap(face, other) <= settings.max_overlap for other in kept):
                kept.append(face)
            if len(kept) == settings.max_faces:
                break
        return kept

    def _decode(self, stride: int, min_score: float) -> list[Face]:
        """Decode one stride; the score is the geometric mean of class and objectness."""
        cls, obj = (
            np.clip(self._outputs[f"{kind}_{stride}"][0, :, 0], 0, 1) for kind in ("cls", "obj")
        )
        scores = np.sqrt(cls * obj)
        chosen = np.flatnonzero(scores >= min_score)
        anchors = self._grids[stride][chosen]
        boxes = self._outputs[f"bbox_{stride}"][0, chosen]
        centres = (anchors + boxes[:, :2]) * stride
        sizes = np.exp(boxes[:, 2:]) * stride
        corners = centres - sizes / 2
        points = self._outputs[f"kps_{stride}"][0, chosen].reshape(-1, LANDMARK_COUNT, 2)
        landmarks = (points + anchors[:, np.newaxis]) * np.float32(stride)
        return [
            Face(
                x=float(corners[i, 0]),
                y=float(corners[i, 1]),
                width=float(sizes[i, 0]),
                height=float(sizes[i, 1]),
                landmarks=landmarks[i].copy(),
                score=float(scores[index]),
            )
            for i, index in enumerate(chosen)
        ]


def reduced_size(width: int, height: int, most: tuple[int, int]) -> tuple[int, int]:
    """Return width and height of a picture that is reduced to fit into others."""
    scale = min(1.0, most[0] / width, most[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def overlap(one: Face, other: Face) -> float:
    """Give the intersection of two boxes over their union, 0 to 1."""
    wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    high = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if wide <= 0 or high <= 0:
        return 0.0
    common = wide * high
    return common / (one.area + other.area - common)


def _grid(width: int, height: int, stride: int) -> NDArray[np.float32]:
    """Give the column and row of every anchor of a stride, row by row: (n, 2) float32."""
    rows, columns = np.mgrid[: height // stride, : width // stride]
    return np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float32)
