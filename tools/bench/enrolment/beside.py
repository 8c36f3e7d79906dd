"""What live frames notice of an import: the demonstration without one, and with one beside it."""

import tempfile
from pathlib import Path
from typing import Any

from tools.bench.enrolment.importing import started_import
from tools.bench.enrolment.photographs import tabled
from tools.bench.figures import Figure, say, share, told
from tools.running import running_lethe

_AT_FIRST = 1_000
_A_SECOND = 5
"""More images than are imported before the first frame, and beside live video in a second."""


def measure(faces: Path, seconds: int) -> tuple[list[Figure], dict[str, Any]]:
    """Run both, one after the other, for so long each."""
    with tempfile.TemporaryDirectory(prefix="lethe-bench-enrolment-") as name:
        images = Path(name) / "images"
        images.mkdir()
        table = tabled(faces, _AT_FIRST + _A_SECOND * seconds, images)
        alone = _demonstration(seconds, None)
        say(f"  alone: {alone}")
        beside = _demonstration(seconds, table)
    figures = [
        told(f"{key}: alone, with an import", f"{alone[key]}, {beside[key]}") for key in alone
    ]
    return figures, {"alone": alone, "beside": beside}


def _demonstration(seconds: int, table: Path | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="lethe-bench-enrolment-") as name:
        arguments = ("demo", "--cool-down", "0", "--seconds", str(seconds))
        with running_lethe(Path(name), *arguments) as lethe:
            importing = started_import(lethe.alert_url, table) if table else None
            try:
                report = lethe.finish()
            finally:
                if importing is not None:
                    importing.kill()
                    importing.wait()
    return _told(report)


def _told(report: dict[str, Any]) -> dict[str, Any]:
    frames, ages = report["frames"], report["erasure_age_ms"]
    published = report["latency_ms"]["capture_to_alert"]
    return {
        "frames captured": frames["captured"],
        "processed, %": share(frames["processed"], frames["captured"]),
        "erasure age p50, ms": ages["p50"],
        "erasure age p99, ms": ages["p99"],
        "erasure age p99.9, ms": ages["p999"],
        "erasure age max, ms": ages["max"],
        "unerased": report["unerased"],
        "capture to publication p50, ms": published["p50"],
        "capture to publication p95, ms": published["p95"],
        "alerts": len(report["alerts"]),
    }
