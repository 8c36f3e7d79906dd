"""The demonstration, ten minutes of it, with every alert counted."""

import json
import tempfile
from pathlib import Path
from typing import Any

from tools.bench.figures import Figure, at_least, at_most, equal, share, told
from tools.bench.passes import camera_starts, count_passes
from tools.open_page import OpenPage
from tools.running import running_lethe

from lethe.cli.home import find_home
from lethe.cli.live.report import percentiles

_LEAD_S = 1.5
"""The run is timed from the order; its cameras start a moment later."""
_SMALL = ("purge", "alert", "match", "ingest")


def measure(seconds: int) -> tuple[list[Figure], dict[str, Any]]:
    """Run the demonstration in real time and return its figures and its report."""
    script = json.loads((find_home().demonstration / "script.json").read_text())
    with tempfile.TemporaryDirectory(prefix="lethe-bench-") as folder:
        arguments = ("demo", "--cool-down", "0", "--seconds", str(seconds))
        with (
            running_lethe(Path(folder), *arguments) as lethe,
            OpenPage(lethe.alert_url, lethe.token) as page,
        ):
            report = lethe.finish()
            starts = camera_starts(lethe.log_lines("ingest-1"))
    passes = count_passes(script, report["alerts"], starts, report["running_s"] - _LEAD_S)
    frames, ages, services = report["frames"], report["erasure_age_ms"], report["services"]
    published = report["latency_ms"]["capture_to_alert"]
    shown = percentiles([round(alert.after_capture_ms, 1) for alert in page.shown])
    figures = [
        at_least("frames offered", frames["offered"], 14_000 * seconds / 600),
        at_least("alerts", len(report["alerts"]), 200 * seconds / 600),
        at_least("captured / offered, %", share(frames["captured"], frames["offered"]), 99),
        at_least("processed / captured, %", share(frames["processed"], frames["captured"]), 99),
        equal("listed passes alerted to", f"{passes.alerted}/{passes.listed}", _all(passes.listed)),
        equal("alerts that no listed pass explains", passes.unexplained_alerts, 0),
        equal("alerts that came to a page", len(page.shown), len(report["alerts"])),
        at_most("capture to websocket p95, ms", shown["p95"], 500),
        at_most("capture to websocket p99, ms", shown["p99"], 1000),
        told("capture to publication p95, ms", published["p95"]),
        told("capture to publication p99, ms", published["p99"]),
        at_most("erasure age p99.9, ms", ages["p999"], 600),
        at_most("erasure age max, ms", ages["max"], 1000),
        equal("unerased", report["unerased"], 0),
        at_most("detect, MB", services["detect"]["rss_mb_max"], 700),
        *(at_most(f"{name}, MB", services[name]["rss_mb_max"], 250) for name in _SMALL),
        *(
            at_most(f"{name} growth, MB/min", growth, 1.0)
            for name in (*_SMALL, "detect")
            if (growth := services[name]["rss_mb_growth_per_minute"]) is not None
        ),
        equal("services started again", sum(report["restarts"].values()), 0),
        *(told("said meanwhile", line) for line in lethe.told.splitlines()),
    ]
    return figures, report | {"capture_to_websocket_ms": shown}


def _all(count: int) -> str:
    return f"{count}/{count}"
