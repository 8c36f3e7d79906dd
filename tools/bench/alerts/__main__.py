"""`make bench-alerts`: what a thousand officers' pages ask of alert."""

import argparse
import sys
from pathlib import Path

from tools.bench.alerts import delivery, page, pictures, pixels, storm
from tools.bench.parts import Parts

_PARTS = ("delivery", "spread", "storm", "pictures", "page", "pixels")


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(
        prog="make bench-alerts",
        description="Measure delivery to 1,000 listeners over TLS, pictures, and the page.",
    )
    parser.add_argument("--seconds", type=int, default=75, help="length of a run")
    Parts.offer(parser, _PARTS)
    parser.add_argument("--report", type=Path, default=Path("bench-alerts-report.json"))
    return parser


def main() -> int:
    """Measure, print, and write the report; misses are printed as such and are no failure."""
    chosen = parser().parse_args()
    parts = Parts(chosen.only)
    parts.measure(
        "delivery",
        f"1,000 listeners of one deployment, 10 alerts a second, {chosen.seconds} s",
        lambda: delivery.measure(chosen.seconds),
    )
    parts.measure(
        "spread",
        f"1,000 listeners of ten deployments, 10 alerts a second, {chosen.seconds} s",
        lambda: delivery.measure_spread(chosen.seconds),
    )
    parts.measure("storm", "1,000 come back at once, 20 alerts missed each", storm.measure)
    parts.measure("pictures", "pictures of alerts, 20 officers at once", pictures.measure)
    parts.measure("page", "the officer's page in a browser, over TLS", page.measure)
    parts.measure(
        "pixels",
        f"from the camera to the console's pixels, {chosen.seconds} s of the demonstration",
        lambda: pixels.measure(chosen.seconds),
    )
    parts.write(chosen.report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
