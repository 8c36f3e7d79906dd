"""`python -m tools.bench`: print the figures with the machine they came from."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tools.bench import demonstration, ending, evaluation, faults, kafka_deletion, search, takeover
from tools.bench.figures import print_figures, say
from tools.bench.footage import FACES

from lethe.cli.live.report import machine

_PARTS = ("search", "demonstration", "ending", "faults", "takeover", "evaluation")
_ON_KAFKA = ("kafka-takeover", "kafka-deletion")
_TOLD = "Print the figures with the machine they came from."


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(prog="make bench", description=_TOLD)
    parser.add_argument("--seconds", type=int, default=600, help="length of the demonstration run")
    parser.add_argument("--only", choices=(*_PARTS, *_ON_KAFKA))
    parser.add_argument(
        "--faces", type=Path, default=FACES, help="people with several photographs each"
    )
    parser.add_argument("--report", type=Path, default=Path("bench-report.json"))
    return parser


def main() -> int:
    """Measure, print, and write the reports; misses are printed as such and are no failure."""
    chosen = parser().parse_args()
    reports: dict[str, Any] = {"machine": machine()}
    say(f"machine: {', '.join(f'{name} {value}' for name, value in reports['machine'].items())}")
    if chosen.only in (None, "search"):
        print_figures("search, Qdrant local mode", search.measure())
    if chosen.only in (None, "demonstration"):
        figures, reports["demonstration"] = demonstration.measure(chosen.seconds)
        print_figures(f"demonstration, {chosen.seconds} s, two cameras", figures)
    if chosen.only in (None, "ending"):
        figures, reports["ending"] = ending.measure()
        print_figures("the demonstration, ended with Ctrl-C", figures)
    if chosen.only in (None, "faults"):
        figures, reports["faults"] = faults.measure()
        print_figures("faults: each service killed, stopped and restarted", figures)
    if chosen.only in (None, "takeover"):
        figures, reports["takeover"] = takeover.measure()
        print_figures("two of each service, one taken away", figures)
    if chosen.only in (None, "evaluation") and chosen.faces.is_dir():
        figures, reports["evaluation"] = evaluation.measure(chosen.faces)
        print_figures("harder footage, photographs of different days", figures)
    if chosen.only == "kafka-takeover":
        figures, reports["kafka-takeover"] = takeover.measure_on_kafka()
        print_figures("two of each service on Apache Kafka, one taken away", figures)
    if chosen.only == "kafka-deletion":
        figures, reports["kafka-deletion"] = kafka_deletion.measure()
        print_figures("deletion on Apache Kafka: one camera, then silence", figures)
    chosen.report.write_text(json.dumps(reports, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
