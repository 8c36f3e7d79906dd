"""`make bench-enrolment`: imports of watchlists, what live frames notice of one, searches."""

import argparse
import sys
from functools import partial
from pathlib import Path

from tools.bench import search
from tools.bench.enrolment import beside
from tools.bench.enrolment.of_size import OfSize
from tools.bench.footage import FACES
from tools.bench.parts import Parts

_SMALL, _LARGE = 1_000, 10_000
_PARTS = (
    *(f"{part}-{count}" for count in (_SMALL, _LARGE) for part in ("import", "orders")),
    "beside",
    "search",
)


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(
        prog="make bench-enrolment",
        description="Measure imports, orders, an import beside live video, searches.",
    )
    parser.add_argument(
        "--faces",
        type=Path,
        default=FACES,
        help="photographs, one folder per person; the demonstration's people without it",
    )
    Parts.offer(parser, _PARTS)
    parser.add_argument(
        "--seconds", type=int, default=150, help="length of each run beside live video"
    )
    parser.add_argument("--report", type=Path, default=Path("bench-enrolment-report.json"))
    return parser


def main() -> int:
    """Measure, print, and write the report; misses are printed as such and are no failure."""
    chosen = parser().parse_args()
    parts = Parts(chosen.only)
    for count in (_SMALL, _LARGE):
        # What match lost is enrolled again image by image: the large one takes as its import.
        with OfSize(chosen.faces, count, loses=count == _SMALL) as of_size:
            heading = f"import of {count:,} images, nothing live"
            parts.measure(f"import-{count}", heading, of_size.measure_import)
            heading = f"orders for a list of {count:,} images"
            parts.measure(f"orders-{count}", heading, of_size.measure_orders)
    parts.measure(
        "beside",
        f"the demonstration for {chosen.seconds} s, without and with an import beside it",
        partial(beside.measure, chosen.faces, chosen.seconds),
    )
    parts.measure("search", "searches, by probes and references", search.measure_sizes)
    parts.write(chosen.report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
