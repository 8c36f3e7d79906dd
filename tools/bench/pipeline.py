"""`python -m tools.bench.pipeline`: what the pipeline costs beside plain loops."""

import argparse
import sys
from pathlib import Path

from tools.bench import cameras, shots, whole
from tools.bench.footage import FACES
from tools.bench.parts import Parts

_PARTS = ("whole", "loops", "cameras")


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(
        prog="make bench-pipeline",
        description="Compare the five services with plain loops, and cameras with each other.",
    )
    Parts.offer(parser, _PARTS)
    parser.add_argument(
        "--faces", type=Path, default=FACES, help="people with several photographs each"
    )
    parser.add_argument("--report", type=Path, default=Path("bench-pipeline-report.json"))
    return parser


def main() -> int:
    """Measure, print, and write the report; misses are printed as such and are no failure."""
    chosen = parser().parse_args()
    parts = Parts(chosen.only)
    parts.measure(
        "whole", "five services against a bare loop, median (least to largest)", whole.measure
    )
    if chosen.faces.is_dir():
        parts.measure(
            "loops",
            "three loops over the same frames, median (least to largest)",
            lambda: shots.measure(chosen.faces),
        )
    parts.measure("cameras", "cameras and bytes, median (least to largest)", cameras.measure)
    parts.write(chosen.report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
