"""Render cameras: draw every frame of a timetable and encode it as H.264."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

from lethe.cli.footage.scene import Scene
from lethe.cli.footage.script import FRAMES_PER_S, HEIGHT_PX, WIDTH_PX, script_entry
from lethe.cli.footage.walker import Walker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from lethe.cli.footage.script import Pass

# One tail of empty scene, so that a loop never cuts a pass.
_TAIL_S = 0.5
# No B-frames: surveillance cameras send none, and each would delay the picture before it.
# `fastdecode` halves what reading the footage costs, which is no part of what is demonstrated.
_ENCODER = {
    "preset": "veryfast",
    "tune": "fastdecode",
    "crf": "22",
    "bf": "0",
    "x264-params": "scenecut=0",
}


@dataclass(frozen=True, eq=False)
class Camera:
    """One camera's timetable and the seed of everything that is drawn for it."""

    name: str
    passes: tuple[Pass, ...]
    seed: int

    @property
    def file_name(self) -> str:
        """Name of the video file."""
        return f"{self.name}.mp4"

    @property
    def duration_s(self) -> int:
        """Length of the file: whole seconds, all passes inside."""
        return math.ceil(max(one.end_s for one in self.passes) + _TAIL_S)

    def describe(self) -> dict[str, object]:
        """Give the camera's part of `script.json`."""
        return {
            "file": self.file_name,
            "duration_s": self.duration_s,
            "passes": [script_entry(one) for one in self.passes],
        }


def draw_frames(camera: Camera) -> Iterator[NDArray[np.uint8]]:
    """Yield every frame, uint8 720 x 1280 x 3 BGR, in one buffer that is drawn over each time."""
    rng = np.random.default_rng(camera.seed)
    scene = Scene(rng, camera.duration_s)
    frame = np.empty((HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8)
    waiting = list(camera.passes)
    walkers: list[Walker] = []
    for index in range(camera.duration_s * FRAMES_PER_S):
        time_s = index / FRAMES_PER_S
        # A cut-out is made when its person enters and dropped when they leave.
        while waiting and waiting[0].start_s <= time_s:
            walkers.append(Walker(waiting.pop(0)))
        walkers = [walker for walker in walkers if walker.present(time_s)]
        scene.paint(frame, time_s)
        for walker in walkers:
            walker.draw(frame, time_s, scene)
        scene.add_grain(frame)
        yield frame


def render_camera(camera: Camera, folder: Path) -> None:
    """Write a camera's video into a folder: 1280x720, 12 frames/s, a keyframe each second.

    Raises
    ------
    OSError
        The file can't be written.
    """
    planar = np.empty((HEIGHT_PX * 3 // 2, WIDTH_PX), dtype=np.uint8)
    with av.open(str(folder / camera.file_name), "w") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_S, options=dict(_ENCODER))
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        stream.codec_context.gop_size = FRAMES_PER_S
        for index, frame in enumerate(draw_frames(camera)):
            cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420, dst=planar)
            picture = av.VideoFrame.from_ndarray(planar, format="yuv420p")
            picture.pts = index
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
