"""The harder footage: two hundred people, forty listed, photographs of different days."""

import json
import tempfile
from pathlib import Path
from typing import Any

from tools.bench.figures import Figure, at_least, at_most, equal, share, told
from tools.bench.passes import PassCount, camera_starts, count_passes
from tools.running import running_lethe

from lethe.cli.footage.lfw import build_evaluation
from lethe.cli.home import find_home


def measure(faces: Path) -> tuple[list[Figure], dict[str, Any]]:
    """Render the footage where it isn't there yet, watch it twice, count passes and alerts.

    Once with tracking and once with every face of every frame, in real time: a machine that can't
    keep up loses frames. `tools.bench.shots` compares both without queues.

    Parameters
    ----------
    faces
        One folder per person with several photographs each.
    """
    footage = build_evaluation(faces, find_home().folder / "footage" / "evaluation")
    script = json.loads((footage / "script.json").read_text())
    tracked, reports = {}, {}
    for way, option in (("tracking", "--tracking"), ("every face", "--no-tracking")):
        reports[way], starts = _watch(footage, script, option)
        tracked[way] = _passes(script, reports[way], starts)
    probes = {way: report["faces"]["probes"] for way, report in reports.items()}
    every, best = tracked["every face"], tracked["tracking"]
    figures = [
        told("watchlist size", reports["tracking"]["order"]["watchlist_size"]),
        told("passes of listed people", best.listed),
        *(
            figure
            for way, report in reports.items()
            for figure in _figures(way, report, tracked[way])
        ),
        at_least("passes found: tracking against every face", best.alerted, every.alerted),
        at_most("templates: tracking / every face, %", share(*probes.values()), 20),
    ]
    return figures, reports


def _watch(footage: Path, script: dict[str, Any], option: str) -> tuple[dict[str, Any], Any]:
    cameras = [str(footage / camera["file"]) for camera in script["cameras"].values()]
    with tempfile.TemporaryDirectory(prefix="lethe-evaluation-") as folder:
        options = ("--watchlist", str(footage / "watchlist"), "--once", "--cool-down", "0", option)
        with running_lethe(Path(folder), "watch", *cameras, *options) as lethe:
            report = lethe.finish()
            return report, camera_starts(lethe.log_lines("ingest-1"))


def _passes(script: dict[str, Any], report: dict[str, Any], starts: Any) -> PassCount:
    shortest_s = min(camera["duration_s"] for camera in script["cameras"].values())
    return count_passes(script, report["alerts"], starts, shortest_s)


def _figures(way: str, report: dict[str, Any], passes: PassCount) -> list[Figure]:
    frames = report["frames"]
    return [
        told(f"{way}: TPIR per pass at score 0.60, %", share(passes.alerted, passes.listed)),
        told(f"{way}: alerts", len(report["alerts"])),
        told(f"{way}: false alerts", passes.unexplained_alerts),
        told(f"{way}: faces seen", report["faces"]["seen"]),
        told(f"{way}: templates searched", report["faces"]["probes"]),
        told(f"{way}: processed / captured, %", share(frames["processed"], frames["captured"])),
        at_most(f"{way}: erasure age max, ms", report["erasure_age_ms"]["max"], 1000),
        equal(f"{way}: unerased", report["unerased"], 0),
    ]
