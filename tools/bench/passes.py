"""Which scripted passes led to an alert, and which alerts no pass explains."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

_SLACK_S = 0.5
"""A face is in the picture a little before and after the middle of its cut-out is."""


@dataclass(frozen=True, slots=True)
class PassCount:
    """Passes of listed people that were complete in the run, and those alerted to."""

    listed: int
    alerted: int
    unexplained_alerts: int


def count_passes(
    script: dict[str, Any],
    alerts: list[dict[str, Any]],
    started: dict[str, datetime],
    running_s: float,
) -> PassCount:
    """Hold the alerts against the script of the footage.

    Parameters
    ----------
    started
        When each camera's footage began.
    running_s
        How long it ran; the footage loops.
    """
    listed = alerted = explained = 0
    for camera_id, camera in script["cameras"].items():
        of_camera = [
            (a["subject"], (_time(a["captured_at"]) - started[camera_id]).total_seconds())
            for a in alerts
            if a["camera_id"] == camera_id
        ]
        passes = [
            (p["person"], turn * camera["duration_s"] + p["start_s"], p["end_s"] - p["start_s"])
            for turn in range(int(running_s // camera["duration_s"]) + 1)
            for p in camera["passes"]
            if p["listed"]
        ]
        for person, start_s, length_s in passes:
            seen = [s for s, at in of_camera if s == person and 0 <= at - start_s <= length_s]
            complete = start_s + length_s <= running_s
            listed += complete
            alerted += complete and bool(seen)
        explained += sum(
            any(
                subject == person and -_SLACK_S <= at - start_s <= length_s + _SLACK_S
                for person, start_s, length_s in passes
            )
            for subject, at in of_camera
        )
    return PassCount(listed, alerted, len(alerts) - explained)


def camera_starts(log_lines: list[dict[str, Any]]) -> dict[str, datetime]:
    """Return when each camera first ran, from ingest's log."""
    starts: dict[str, datetime] = {}
    for line in log_lines:
        if line.get("event") == "camera" and line.get("state") == "running":
            starts.setdefault(line["camera_id"], _time(line["timestamp"]))
    return starts


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
