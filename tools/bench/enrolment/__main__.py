"""`make bench-enrolment`: imports of watchlists, what live frames notice of one, searches."""

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from tools.bench import search
from tools.bench.enrolment import beside, first_frame, importing
from tools.bench.enrolment.photographs import tabled
from tools.bench.figures import Figure
from tools.bench.footage import FACES
from tools.bench.parts import Parts
from tools.running import running_lethe

_COUNTS = (1_000, 10_000)
_PARTS = (*map(str, _COUNTS), "beside", "search")


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
    parser.add_argument("--only", choices=_PARTS)
    parser.add_argument(
        "--seconds", type=int, default=150, help="length of each run beside live video"
    )
    parser.add_argument("--report", type=Path, default=Path("bench-enrolment-report.json"))
    return parser


def main() -> int:
    """Measure, print, and write the report; misses are printed as such and are no failure."""
    chosen = parser().parse_args()
    parts = Parts(chosen.only)
    for count in _COUNTS:
        heading = f"import of {count:,} images, nothing live, and an order for them"
        parts.measure(str(count), heading, partial(_of_size, chosen.faces, count))
    parts.measure(
        "beside",
        f"the demonstration for {chosen.seconds} s, without and with an import beside it",
        partial(beside.measure, chosen.faces, chosen.seconds),
    )
    parts.measure("search", "searches, by probes and references", search.measure_sizes)
    parts.write(chosen.report)
    return 0


def _of_size(faces: Path, count: int) -> tuple[list[Figure], dict[str, Any]]:
    """Import into a new stack, and order what was imported again and again."""
    with tempfile.TemporaryDirectory(prefix="lethe-bench-enrolment-") as name:
        folder = Path(name)
        images = folder / "images"
        images.mkdir()
        table = tabled(faces, count, images)
        with running_lethe(folder, "up", reports=False) as lethe:
            figures, report = importing.measure(lethe, table, count)
            of_order, order_report = first_frame.measure(lethe, folder, count)
    return [*figures, *of_order], report | order_report


if __name__ == "__main__":
    sys.exit(main())
