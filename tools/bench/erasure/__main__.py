"""`make bench-erasure`: how old frames get and what it costs, undisturbed and under every fault."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tools.bench import faults
from tools.bench.erasure import costs
from tools.bench.figures import print_figures, say

from lethe.cli.live.report import machine

_PARTS = ("run", "faults")


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(
        prog="make bench-erasure",
        description="Measure erasure ages, and what forgetting costs.",
    )
    parser.add_argument("--seconds", type=int, default=600, help="length of the undisturbed run")
    parser.add_argument("--only", choices=_PARTS)
    parser.add_argument("--report", type=Path, default=Path("bench-erasure-report.json"))
    return parser


def main() -> int:
    """Measure, print, and write the report; misses are printed as such and are no failure."""
    chosen = parser().parse_args()
    reports: dict[str, Any] = {"machine": machine()}
    say(f"machine: {', '.join(f'{name} {value}' for name, value in reports['machine'].items())}")
    if chosen.only in (None, "run"):
        figures, reports["run"] = costs.measure(chosen.seconds)
        print_figures(f"the demonstration, {chosen.seconds} s, two cameras", figures)
    if chosen.only in (None, "faults"):
        figures, reports["faults"] = faults.measure()
        print_figures("each service killed, stopped and restarted", figures)
    chosen.report.write_text(json.dumps(reports, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
