"""Three loops over the harder footage in one process: who is found, and at what cost.

OpenCV's loop and Lethe's embed every face of every frame; Lethe's third one follows faces and
embeds their best shots. All three get the same frames, a few seconds of footage at a time, so that
what else the machine does falls on all of them.
"""

import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tools.bench.figures import Figure, at_least, at_most, share, spread, told
from tools.bench.loops import (
    Comparer,
    Loop,
    OpenCvLoop,
    OurLoop,
    best_shots,
    every_face,
    references,
)

from lethe.cli.footage.lfw import build_evaluation
from lethe.cli.home import find_home
from lethe.ingest.sources import SourceFrame, open_source
from lethe.vision.extract import FaceExtractor
from lethe.vision.pack import load_pack

COSINES = (0.52, 0.50, 0.48, 0.46, 0.44)
_NEEDED = 0.50
_SEGMENT_FRAMES = 96
_SLACK_S = 0.5
_WINDOW_S = 5.0
_OPENCV, _EVERY, _BEST = "OpenCV, every face", "every face", "best shots"

Found = set[tuple[str, str, float]]
Picture = tuple[float, NDArray[np.uint8]]


@dataclass(slots=True)
class Way:
    """One loop, what it costs and what comes of it."""

    loop: Loop
    comparer: Comparer
    faces: int = 0
    templates: int = 0
    cpu_s: list[float] = field(default_factory=list)
    found: dict[float, Found] = field(default_factory=lambda: {c: set() for c in COSINES})

    def take(self, camera_id: str, pictures: list[Picture], decoding_s: float) -> None:
        """Look at a segment; its time is that of decoding, finding, embedding and comparing."""
        begun_s = time.process_time()
        for at_s, image in pictures:
            look = self.loop.look(image, at_s)
            self.faces += look.faces
            self.templates += len(look.shots)
            for shot in look.shots:
                for cosine, name in self.comparer.compare(camera_id, shot, at_s):
                    self.found[cosine].add((camera_id, name, at_s))
        self.cpu_s.append(time.process_time() - begun_s + decoding_s)


def measure(faces: Path) -> tuple[list[Figure], dict[str, Any]]:
    """Look at all footage in the three ways.

    Parameters
    ----------
    faces
        One folder per person with several photographs each.
    """
    cv2.setNumThreads(1)
    home = find_home()
    footage = build_evaluation(faces, home.folder / "footage" / "evaluation")
    script = json.loads((footage / "script.json").read_text())
    pack = load_pack(home.model_pack)
    extractor = FaceExtractor(pack)
    extractor.warm_up()
    loops: dict[str, Loop] = {
        _OPENCV: OpenCvLoop(pack),
        _EVERY: OurLoop(extractor, every_face),
        _BEST: OurLoop(extractor, best_shots),
    }
    ways = {
        name: Way(loop, Comparer(references(loop, footage / "watchlist"), COSINES))
        for name, loop in loops.items()
    }
    frames = [0]
    for camera_id, camera in script["cameras"].items():
        for way in ways.values():
            way.loop.begin()
        for pictures, decoding_s in _segments(footage / camera["file"]):
            frames.append(len(pictures))
            for way in ways.values():
                way.take(camera_id, pictures, decoding_s)
    passes = {name: count(script, way.found) for name, way in ways.items()}
    return _figures(ways, passes, frames[1:]), {
        name: _report(way, passes[name], sum(frames)) for name, way in ways.items()
    }


def _segments(video: Path) -> Iterator[tuple[list[Picture], float]]:
    source = open_source(video)
    source.open()
    frames = (frame for frame in source.frames() if isinstance(frame, SourceFrame))
    while True:
        begun_s = time.process_time()
        pictures = [(frame.pts_s, frame.image.copy()) for frame in islice(frames, _SEGMENT_FRAMES)]
        if not pictures:
            break
        yield pictures, time.process_time() - begun_s
    source.close()


def count(script: dict[str, Any], found: dict[float, Found]) -> dict[float, tuple[int, int]]:
    """Return passes of listed people that were found, and false candidates, by cosine."""
    passes = [
        (camera_id, one["person"], one["start_s"], one["end_s"])
        for camera_id, camera in script["cameras"].items()
        for one in camera["passes"]
        if one["listed"]
    ]
    counted = {}
    for needed, candidates in found.items():
        true = sum(
            any((c, s) == (camera, person) and start <= at <= end for c, s, at in candidates)
            for camera, person, start, end in passes
        )
        false = {
            (c, s, at // _WINDOW_S)
            for c, s, at in candidates
            if not any(
                (c, s) == (camera, person) and start - _SLACK_S <= at <= end + _SLACK_S
                for camera, person, start, end in passes
            )
        }
        counted[needed] = (true, len(false))
    return counted


def _figures(
    ways: dict[str, Way], passes: dict[str, dict[float, tuple[int, int]]], frames: list[int]
) -> list[Figure]:
    opencv = ways[_OPENCV].cpu_s
    ratios = {
        name: [theirs / ours for theirs, ours in zip(opencv, way.cpu_s, strict=True)]
        for name, way in ways.items()
    }
    figures = [told("frames", sum(frames)), told("segments, each by all three", len(frames))]
    for name, way in ways.items():
        speeds = [n / cpu_s for n, cpu_s in zip(frames, way.cpu_s, strict=True)]
        figures += [
            told(f"{name}: faces seen", way.faces),
            told(f"{name}: templates", way.templates),
            told(f"{name}: frames a second of one core", spread(speeds)),
            *(
                told(f"{name}: passes found / false, cosine {cosine:.2f}", f"{true} / {false}")
                for cosine, (true, false) in passes[name].items()
            ),
        ]
    return [
        *figures,
        at_least("speed: every face / OpenCV, median", _median(ratios[_EVERY]), 1.2),
        told("speed: every face / OpenCV, spread", spread(ratios[_EVERY])),
        at_least("speed: best shots / OpenCV, median", _median(ratios[_BEST]), 3.0),
        told("speed: best shots / OpenCV, spread", spread(ratios[_BEST])),
        at_least(
            "passes found at cosine 0.50, best shots against every face",
            passes[_BEST][_NEEDED][0],
            passes[_EVERY][_NEEDED][0],
        ),
        at_most(
            "templates, best shots / every face, %",
            share(ways[_BEST].templates, ways[_EVERY].templates),
            20,
        ),
    ]


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 2)


def _report(way: Way, passes: dict[float, tuple[int, int]], frames: int) -> dict[str, Any]:
    return {
        "frames": frames,
        "faces": way.faces,
        "templates": way.templates,
        "cpu_s": [round(cpu_s, 3) for cpu_s in way.cpu_s],
        "passes_and_false": {f"{cosine:.2f}": counts for cosine, counts in passes.items()},
    }
