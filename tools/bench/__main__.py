"""`python -m tools.bench`: print the figures with the machine they came from."""

import argparse
import sys
from pathlib import Path

from tools.bench import demonstration, ending, evaluation, faults, kafka_deletion, search, takeover
from tools.bench.footage import FACES
from tools.bench.parts import Parts

_PARTS = ("search", "demonstration", "ending", "faults", "takeover", "evaluation")
_ON_KAFKA = ("kafka-takeover", "kafka-deletion")
_TOLD = "Print the figures with the machine they came from."


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(prog="make bench", description=_TOLD)
    parser.add_argument("--seconds", type=int, default=600, help="length of the demonstration run")
    Parts.offer(parser, (*_PARTS, *_ON_KAFKA))
    parser.add_argument(
        "--faces", type=Path, default=FACES, help="people with several photographs each"
    )
    parser.add_argument("--report", type=Path, default=Path("bench-report.json"))
    return parser


def main() -> int:
    """Measure, print, and write the reports; misses are printed as such and are no failure."""
    chosen = parser().parse_args()
    parts = Parts(chosen.only)
    parts.measure("search", "search, Qdrant local mode", search.measure)
    parts.measure(
        "demonstration",
        f"demonstration, {chosen.seconds} s, two cameras",
        lambda: demonstration.measure(chosen.seconds),
    )
    parts.measure("ending", "the demonstration, ended with Ctrl-C", ending.measure)
    parts.measure("faults", "faults: each service killed, stopped and restarted", faults.measure)
    parts.measure("takeover", "two of each service, one taken away", takeover.measure)
    if chosen.faces.is_dir():
        parts.measure(
            "evaluation",
            "harder footage, photographs of different days",
            lambda: evaluation.measure(chosen.faces),
        )
    parts.measure(
        "kafka-takeover",
        "two of each service on Apache Kafka, one taken away",
        takeover.measure_on_kafka,
        is_extra=True,
    )
    parts.measure(
        "kafka-deletion",
        "deletion on Apache Kafka: one camera, then silence",
        kafka_deletion.measure,
        is_extra=True,
    )
    parts.write(chosen.report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
