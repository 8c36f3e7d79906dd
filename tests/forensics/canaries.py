"""The people whose traces are looked for, and every trace that the product may make of them.

The footage shows the seven people of the demonstration once each or twice; two are listed. What
ingest encodes of it, and detect crops and computes, is worked out beforehand. Of the result only
hashes of windows are kept.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.forensics import making
from tests.forensics.making import Maker, Pixels, Trace
from tests.forensics.windows import Kind, Windows, cut, joined

from lethe.cli.footage.cast import demonstration_cast
from lethe.cli.footage.folder import publish
from lethe.cli.footage.render import Camera
from lethe.cli.footage.script import Lane, timetable
from lethe.ingest.sources.ports import SourceFrame
from lethe.ingest.sources.video import VideoSource
from lethe.vision.jpeg import encode_jpeg
from lethe.vision.pack import ModelPack

_SEED = 20261126
_PASSES = 2
_QUALITY = 85


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
    for own in (making.__file__, __file__):
        digest.update(Path(own).read_bytes())
    return digest.hexdigest()[:16]


def traces_of(
    footage: Path, pack: ModelPack, progress: Callable[[int], None] = lambda _: None
) -> Traces:
    """Work out the traces of every frame of a video, in the order of the frames."""
    traces = Traces()
    cuts = _Cuts()
    maker = Maker(pack, _references(footage.parent / "watchlist"))
    source = VideoSource(footage)
    source.open()
    for place, item in enumerate(source.frames()):
        assert isinstance(item, SourceFrame)
        jpeg = encode_jpeg(item.image, _QUALITY)
        traces.frames[sha256(jpeg).digest()] = place
        cuts.add(maker.of_frame(item.image, jpeg), place)
        progress(place)
    source.close()
    traces.windows = cuts.windows()
    return traces


def windows_of(stills: Iterable[Path], pack: ModelPack) -> list[Windows]:
    """Return the windows of everything that is made of pictures of people who are listed."""
    cuts, maker = _Cuts(), Maker(pack)
    for still in stills:
        cuts.add(maker.of_reference(still.read_bytes()), 0)
    return cuts.windows()


class _Cuts:
    """Windows as they are cut, by kind."""

    def __init__(self) -> None:
        self._parts: dict[Kind, list[Windows]] = {kind: [] for kind in Kind}

    def add(self, traces: Iterable[Trace], birth: int) -> None:
        for kind, content in traces:
            self._parts[kind].append(cut(kind, content, birth))

    def windows(self) -> list[Windows]:
        return [joined(kind, cuts) for kind, cuts in self._parts.items() if cuts]


def _references(folder: Path) -> list[Pixels]:
    return [np.asarray(cv2.imread(str(path)), np.uint8) for path in sorted(folder.iterdir())]
