"""`make bench-erasure`: how old frames get and what it costs, undisturbed and under every fault."""

import argparse
import sys
from pathlib import Path

from tests.forensics.faults import FAULTS
from tools.bench.erasure import broken, costs
from tools.bench.parts import Parts

_PARTS = ("run", "faults")


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(
        prog="make bench-erasure",
        description="Measure erasure ages, and what forgetting costs.",
    )
    parser.add_argument("--seconds", type=int, default=600, help="length of the undisturbed run")
    Parts.offer(parser, _PARTS)
    parser.add_argument(
        "--fault",
        action="append",
        choices=list(FAULTS),
        metavar="FAULT",
        help="of all faults only this one; may be repeated: %(choices)s",
    )
    parser.add_argument("--report", type=Path, default=Path("bench-erasure-report.json"))
    return parser


def main() -> int:
    """Measure, print, and write the report; misses are printed as such and are no failure."""
    chosen = parser().parse_args()
    parts = Parts(chosen.only)
    parts.measure(
        "run",
        f"the demonstration, {chosen.seconds} s, two cameras",
        lambda: costs.measure(chosen.seconds),
    )
    parts.measure("faults", "the same, while it breaks", lambda: broken.measure(chosen.fault))
    parts.write(chosen.report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
