"""The harder footage: two hundred people, forty listed, photographs of different days."""

import json
import tempfile
from pathlib import Path
from typing import Any

from tools.bench.figures import Figure, at_most, equal, share
from tools.bench.passes import camera_starts, count_passes
from tools.running import running_lethe

from lethe.cli.footage.lfw import build_evaluation
from lethe.cli.home import find_home


def measure(faces: Path) -> tuple[list[Figure], dict[str, Any]]:
    """Render the footage where it isn't there yet, watch it once, count passes and alerts.

    Parameters
    ----------
    faces
        One folder per person with several photographs each.
    """
    footage = build_evaluation(faces, find_home().folder / "footage" / "evaluation")
    script = json.loads((footage / "script.json").read_text())
    cameras = [str(footage / camera["file"]) for camera in script["cameras"].values()]
    with tempfile.TemporaryDirectory(prefix="lethe-evaluation-") as folder:
        options = ("--watchlist", str(footage / "watchlist"), "--once", "--cool-down", "0")
        with running_lethe(Path(folder), "watch", *cameras, *options) as lethe:
            report = lethe.finish()
            starts = camera_starts(lethe.log_lines("ingest-1"))
    shortest_s = min(camera["duration_s"] for camera in script["cameras"].values())
    passes = count_passes(script, report["alerts"], starts, shortest_s)
    frames = report["frames"]
    listed = report["order"]["watchlist_size"]
    tpir = share(passes.alerted, passes.listed)
    return [
        _told("watchlist size", listed),
        _told("passes of listed people", passes.listed),
        _told("TPIR per pass at score 0.60, %", tpir),
        _told("alerts", len(report["alerts"])),
        _told("false alerts", passes.unexplained_alerts),
        _told("probes searched", report["faces"]["probes"]),
        _told("processed / captured, %", share(frames["processed"], frames["captured"])),
        at_most("erasure age max, ms", report["erasure_age_ms"]["max"], 1000),
        equal("unerased", report["unerased"], 0),
    ], report


def _told(name: str, value: float) -> Figure:
    return Figure(name, value, "reported", met=True)
