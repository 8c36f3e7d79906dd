"""Small real videos and stills, rendered where a test needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def striped(level: int, width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    """Draw a picture whose left half is red and right half blue, at a brightness of its own."""
    image = np.full((height, width, 3), 20, dtype=np.uint8)
    image[:, : width // 2, 2] = level
    image[:, width // 2 :, 0] = level
    return image


def write_clip(
    path: Path,
    *,
    frames: int = 24,
    fps: int = 12,
    width: int = 96,
    height: int = 64,
    movflags: str = "",
) -> Path:
    """Write an H.264 file with a keyframe every four pictures and noise that takes space."""
    options = {"movflags": movflags} if movflags else {}
    rng = np.random.default_rng(5)
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(
            "libx264", rate=fps, options={"preset": "ultrafast", "crf": "8", "bf": "0"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = 4
        for index in range(frames):
            noise = rng.integers(0, 30, (height, width, 3), dtype=np.uint8)
            image = striped(120 + 4 * (index % 24), width, height) + noise
            picture = av.VideoFrame.from_ndarray(image, format="bgr24")
            picture.pts = index
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path
