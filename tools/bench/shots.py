"""Best shots against every face, in one process without queues: who is found at what cost."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tools.bench.figures import Figure, at_least, at_most, share

from lethe.cli.footage.lfw import build_evaluation
from lethe.cli.home import find_home
from lethe.contracts.instants import Instant
from lethe.detect.shots import BestShots, ShotPolicy
from lethe.detect.tracks import Tracker
from lethe.ingest.sources import open_source
from lethe.match.ports import Comparison
from lethe.match.tracks import TrackScores
from lethe.vision.extract import FaceExtractor
from lethe.vision.pack import load_pack
from lethe.vision.shots import EveryFace, ShotChooser

COSINES = (0.52, 0.50, 0.48, 0.46, 0.44)
_COMPARED = 20
_SLACK_S = 0.5
_WINDOW_S = 5.0
_AMPLE_MS = 600.0

Choosing = Callable[[float], ShotChooser]


@dataclass(slots=True)
class Outcome:
    """What came of the footage in one way."""

    frames: int = 0
    faces: int = 0
    templates: int = 0
    cpu_s: float = 0.0
    found: dict[float, set[tuple[str, str, float]]] = field(default_factory=dict)


def measure(faces: Path) -> tuple[list[Figure], dict[str, Any]]:
    """Look at all footage twice; only what is decoded, found, embedded and compared counts."""
    cv2.setNumThreads(1)
    home = find_home()
    footage = build_evaluation(faces, home.folder / "footage" / "evaluation")
    script = json.loads((footage / "script.json").read_text())
    extractor = FaceExtractor(load_pack(home.model_pack))
    extractor.warm_up()
    listed = dict(_references(extractor, footage / "watchlist"))
    ways = {
        "every face": _look(extractor, footage, script, listed, lambda: _every_face),
        "best shots": _look(extractor, footage, script, listed, _best_shots),
    }
    every, best = (_passes(script, outcome.found) for outcome in ways.values())
    figures = [
        *(figure for way, outcome in ways.items() for figure in _figures(way, outcome, script)),
        at_least("passes found at cosine 0.50, best shots", best[0.50][0], every[0.50][0]),
        at_most(
            "templates, best shots / every face, %",
            share(ways["best shots"].templates, ways["every face"].templates),
            20,
        ),
        at_least(
            "frames a second of one core, best shots / every face",
            round(_speed(ways["best shots"]) / _speed(ways["every face"]), 2),
            1.5,
        ),
    ]
    return figures, {way: _report(outcome, script) for way, outcome in ways.items()}


def _every_face(_at_s: float) -> ShotChooser:
    return EveryFace()


def _best_shots() -> Choosing:
    return partial(BestShots, Tracker(), ShotPolicy(), left_ms=lambda: _AMPLE_MS)


def _references(
    extractor: FaceExtractor, folder: Path
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for path in sorted(folder.iterdir()):
        image = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), np.uint8)
        with extractor.extract_reference(image) as extraction:
            yield path.stem, extraction.templates[0].copy()


def _look(
    extractor: FaceExtractor,
    footage: Path,
    script: dict[str, Any],
    listed: dict[str, NDArray[np.float32]],
    choosing: Callable[[], Choosing],
) -> Outcome:
    outcome = Outcome(found={cosine: set() for cosine in COSINES})
    names, references = list(listed), np.stack(list(listed.values()))
    for camera_id, camera in script["cameras"].items():
        chosen = choosing()
        scores = {cosine: TrackScores() for cosine in COSINES}
        source = open_source(footage / camera["file"])
        source.open()
        begun_s = time.process_time()
        for frame in filter(None, source.frames()):
            outcome.frames += 1
            chooser = chosen(frame.pts_s)
            with extractor.extract(frame.image, chooser) as extraction:
                outcome.faces += extraction.seen
                outcome.templates += len(extraction.faces)
                for index, position in enumerate(extraction.positions):
                    cosines = np.einsum("rl,l->r", references, extraction.templates[index])
                    _compare(outcome, scores, camera_id, chooser.track(position), frame.pts_s,
                             [Comparison(names[i], names[i], float(cosines[i]))
                              for i in np.argsort(-cosines)[:_COMPARED]])  # fmt: skip
                    chooser.took(position)
        outcome.cpu_s += time.process_time() - begun_s
        source.close()
    return outcome


def _compare(
    outcome: Outcome,
    scores: dict[float, TrackScores],
    camera_id: str,
    track: bytes,
    at_s: float,
    comparisons: list[Comparison],
) -> None:
    captured = Instant(boot_id="footage", boot_us=round(at_s * 1e6), wall_us=round(at_s * 1e6))
    for needed, kept in scores.items():
        combined = kept.combine(camera_id, track, comparisons, needed=needed, captured=captured)
        best = max(combined, key=lambda one: one.cosine)
        if best.cosine >= needed:
            outcome.found[needed].add((camera_id, best.subject_id, at_s))


def _passes(
    script: dict[str, Any], found: dict[float, set[tuple[str, str, float]]]
) -> dict[float, tuple[int, int]]:
    """Return passes of listed people that were found, and false candidates, by cosine."""
    passes = [
        (camera_id, one["person"], one["start_s"], one["end_s"])
        for camera_id, camera in script["cameras"].items()
        for one in camera["passes"]
        if one["listed"]
    ]
    told = {}
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
        told[needed] = (true, len(false))
    return told


def _speed(outcome: Outcome) -> float:
    return outcome.frames / outcome.cpu_s


def _figures(way: str, outcome: Outcome, script: dict[str, Any]) -> list[Figure]:
    passes = _passes(script, outcome.found)
    told = {
        "frames": outcome.frames,
        "faces seen": outcome.faces,
        "templates": outcome.templates,
        "frames a second of one core": round(_speed(outcome), 1),
        **{f"passes found / false, cosine {c:.2f}": f"{t} / {f}" for c, (t, f) in passes.items()},
    }
    return [Figure(f"{way}: {name}", value, "reported", met=True) for name, value in told.items()]


def _report(outcome: Outcome, script: dict[str, Any]) -> dict[str, Any]:
    return {
        "frames": outcome.frames,
        "faces": outcome.faces,
        "templates": outcome.templates,
        "cpu_s": round(outcome.cpu_s, 1),
        "passes_and_false": {f"{c:.2f}": p for c, p in _passes(script, outcome.found).items()},
    }
