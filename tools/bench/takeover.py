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
from tools.running import RunningLethe, running_lethe, wait_until

_FAULTS = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP, "ended": signal.SIGTERM}
_SERVICES = ("ingest", "detect", "match", "purge")
_CALM_S = 6.0
_WITHIN_S = 3.0


def measure() -> tuple[list[Figure], dict[str, Any]]:
    """Run the demonstration on two of each, and take away whoever has the first camera."""
    taken: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="lethe-takeover-") as folder:
        arguments = ("demo", "--cool-down", "0", "--instances", "2")
        with running_lethe(Path(folder), *arguments) as lethe:
            wait_until(lambda: lethe.last_sequence() > 0)
            for service in _SERVICES:
                for name, number in _FAULTS.items():
                    time.sleep(_CALM_S)
                    taken[f"{service} {name}"] = _take_over(lethe, service, number)
            time.sleep(_CALM_S)
            report = lethe.finish(interrupt=True)
    figures = [
        *(at_most(f"{name}: the camera is owned again, s", took, _WITHIN_S)
          for name, took in taken.items()),
        told("of all twelve, s", spread(list(taken.values()))),
        at_most("median, s", round(statistics.median(taken.values()), 2), _WITHIN_S),
        at_most("erasure age under takeovers max, ms", report["erasure_age_ms"]["max"], 1000),
        equal("unerased under takeovers", report["unerased"], 0),
    ]  # fmt: skip
    return figures, {"taken_s": taken, "report": report}


def _take_over(lethe: RunningLethe, service: str, number: signal.Signals) -> float:
    """Send a signal to the owner; return the seconds until somebody says that they own it."""
    victim = _owner(lethe, service)
    process = lethe.children()[victim]
    at_s = time.time()
    process.send_signal(number)
    wait_until(lambda: any(_taken_s(lethe, service, at_s)))
    took_s = min(_taken_s(lethe, service, at_s)) - at_s
    wait_until(lambda: lethe.children().get(victim) not in (None, process))
    return round(took_s, 2)


def _owner(lethe: RunningLethe, service: str) -> str:
    """Return who owns the first partition, or leads."""
    first, second = (f"{service}-{number}" for number in (1, 2))
    newest = list(_ownerships(lethe, first))[-1]
    return first if 0 in newest["partitions"] else second


def _taken_s(lethe: RunningLethe, service: str, after_s: float) -> Iterator[float]:
    """Yield when the first partition found an owner, in seconds since 1970.

    That may be the victim started again: a group shares out among whoever is there.
    """
    for number in (1, 2):
        for line in _ownerships(lethe, f"{service}-{number}"):
            at_s = datetime.fromisoformat(line["timestamp"]).timestamp()
            if at_s > after_s and 0 in line["partitions"]:
                yield at_s


def _ownerships(lethe: RunningLethe, instance_id: str) -> Iterator[dict[str, Any]]:
    return (line for line in lethe.log_lines(instance_id) if line["event"] == "partitions owned")
