"""Two of each service: how long a camera is without an owner when one of the two goes."""

import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from tools.bench.figures import Figure, at_most, equal, spread, told
from tools.kafka.node import ApacheKafka
from tools.running import RunningLethe, running_lethe, wait_until

from lethe.contracts.topic import partition_for

_FAULTS = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP, "ended": signal.SIGTERM}
_CAMERA = "camera-1"
_SERVICES = ("ingest", "detect", "match", "alert", "purge")
_LEADING = ("alert", "purge")
_CALM_S = 2.0
_WITHIN_S = 3.0


def measure_on_kafka() -> tuple[list[Figure], dict[str, Any]]:
    """Measure the same on one node of Apache Kafka."""
    with (
        tempfile.TemporaryDirectory(prefix="lethe-kafka-") as folder,
        ApacheKafka(Path(folder)) as node,
    ):
        return measure("--broker", node.address)


def measure(*options: str) -> tuple[list[Figure], dict[str, Any]]:
    """Run the demonstration on two of each, and take away whoever has the first camera."""
    taken: dict[str, float] = {}
    ages_ms: list[float] = []
    with tempfile.TemporaryDirectory(prefix="lethe-takeover-") as folder:
        arguments = ("demo", "--cool-down", "0", "--instances", "2", *options)
        with running_lethe(Path(folder), *arguments) as lethe:
            wait_until(lambda: lethe.last_sequence() > 0)
            for service in _SERVICES:
                for name, number in _FAULTS.items():
                    time.sleep(_CALM_S)
                    # A purge that goes takes its account with it; the other one's goes on.
                    ages_ms += _oldest(lethe.accounts())
                    taken[f"{service} {name}"] = _take_over(lethe, service, number)
            time.sleep(_CALM_S)
            report = lethe.finish(interrupt=True)
    ages_ms += _oldest([report])
    figures = [
        *(at_most(f"{name}: the camera is owned again, s", took, _WITHIN_S)
          for name, took in taken.items()),
        told("of all fifteen, s", spread(list(taken.values()))),
        at_most("median, s", round(statistics.median(taken.values()), 2), _WITHIN_S),
        at_most("erasure age under takeovers max, ms", max(ages_ms), 1000),
        equal("unerased under takeovers", report["unerased"], 0),
    ]  # fmt: skip
    return figures, {"taken_s": taken, "report": report}


def _oldest(accounts: list[dict[str, Any]]) -> list[float]:
    return [each["erasure_age_ms"]["max"] for each in accounts if each["frames"]["captured"]]


def _take_over(lethe: RunningLethe, service: str, number: signal.Signals) -> float:
    """Send a signal to the owner; return the seconds until somebody says that they own it.

    That may be the victim started again: a group shares out among whoever is there.
    """
    _, victim = max(_taken(lethe, service))
    process = lethe.children()[victim]
    at_s = time.time()
    process.send_signal(number)
    wait_until(lambda: max(_taken(lethe, service))[0] > at_s)
    took_s = min(taken_s for taken_s, _ in _taken(lethe, service) if taken_s > at_s) - at_s
    wait_until(lambda: lethe.children().get(victim) not in (None, process))
    wait_until(lethe.all_stand)
    return round(took_s, 2)


def _taken(lethe: RunningLethe, service: str) -> Iterator[tuple[float, str]]:
    """Yield since when an instance has the first camera or leads, in seconds since 1970."""
    for number in (1, 2):
        for line in lethe.log_lines(f"{service}-{number}"):
            if _says_so(line, leads=service in _LEADING):
                instance_id = f"{service}-{number}"
                yield datetime.fromisoformat(line["timestamp"]).timestamp(), instance_id


def _says_so(line: dict[str, Any], *, leads: bool) -> bool:
    if leads:
        return line["event"] == "leadership" and bool(line["leader"])
    owned = line["event"] == "partitions owned"
    return owned and partition_for(_CAMERA) in line["partitions"]
