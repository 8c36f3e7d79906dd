"""`python -m tools.bench.pipeline`: what the pipeline costs beside plain loops."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tools.bench import cameras, shots, whole
from tools.bench.figures import print_figures, say
from tools.bench.footage import FACES

from lethe.cli.live.report import machine

_PARTS = ("whole", "loops", "cameras")


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(
        prog="make bench-pipeline",
        description="Compare the five services with plain loops, and cameras with each other.",
    )
    parser.add_argument("--only", choices=_PARTS)
    parser.add_argument(
        "--faces", type=Path, default=FACES, help="people with several photographs each"
    )
    parser.add_argument("--report", type=Path, default=Path("bench-pipeline-report.json"))
    return parser


def main() -> int:
    """Measure, print, and write the report; misses are printed as such and are no failure."""
    chosen = parser().parse_args()
    reports: dict[str, Any] = {"machine": machine()}
    say(f"machine: {reports['machine']}")
    if chosen.only in (None, "whole"):
        figures, reports["whole"] = whole.measure()
        print_figures("five services against a bare loop, median (least to largest)", figures)
    if chosen.only in (None, "loops") and chosen.faces.is_dir():
        figures, reports["loops"] = shots.measure(chosen.faces)
        print_figures("three loops over the same frames, median (least to largest)", figures)
    if chosen.only in (None, "cameras"):
        figures, reports["cameras"] = cameras.measure()
        print_figures("cameras and bytes, median (least to largest)", figures)
    chosen.report.write_text(json.dumps(reports, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
