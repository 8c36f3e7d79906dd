"""What benches look at: faces of an evaluation set, other forms of the demonstration's footage."""

import math
from fractions import Fraction
from pathlib import Path

import av

from lethe.cli.footage.script import FRAMES_PER_S

FACES = Path("../shared/data/lfw-dev")
"""One folder per person with several photographs each; benches that need it do without it."""


def transcoded(
    source: Path,
    target: Path,
    *,
    width: int,
    height: int,
    frames_per_s: int = FRAMES_PER_S,
    seconds: float = math.inf,
) -> Path:
    """Write footage of 12 frames/s again: another size, fewer frames, the beginning."""
    step = FRAMES_PER_S // frames_per_s
    time_base = Fraction(1, frames_per_s)
    with av.open(str(source)) as reading, av.open(str(target), "w") as writing:
        stream = writing.add_stream("libx264", rate=frames_per_s, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = frames_per_s
        stream.codec_context.time_base = time_base
        for index, frame in enumerate(reading.decode(video=0)):
            if index >= seconds * FRAMES_PER_S:
                break
            if index % step:
                continue
            picture = frame.reformat(width=width, height=height, format="yuv420p")
            picture.pts, picture.time_base = index // step, time_base
            writing.mux(stream.encode(picture))
        writing.mux(stream.encode())
    return target
