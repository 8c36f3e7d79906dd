"""Two of each service at once: killed, stopped, ended, added and removed under load."""

import signal
from pathlib import Path
from typing import Any

import pytest
from tests.support.breaking import (
    added_instance,
    await_alerts,
    break_instance,
    check_an_open_page_missed_and_repeated_nothing,
    check_no_alert_was_lost_or_shown_twice,
    end_with_searches,
)
from tests.support.chosen_broker import OnBroker
from tools.open_page import OpenPage
from tools.running import RunningLethe, running_lethe, wait_until

from lethe.cli.home import find_home

_ENDINGS = {
    # The account of a run is that of the purge that leads at its end, so these come first.
    "purge-1": signal.SIGKILL,
    "purge-2": signal.SIGTERM,
    "ingest-1": signal.SIGKILL,
    "detect-2": signal.SIGSTOP,
    "match-1": signal.SIGTERM,
    "alert-1": signal.SIGKILL,
    "alert-2": signal.SIGKILL,
}
_ADDED = ("ingest", "detect", "match")

# Ten changes in one run, the takeovers and restarts one after another.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, on_broker: OnBroker) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("two-of-each")
    footage = find_home().demonstration
    # One camera: two of everything keep two cores busy enough.
    watched = ("watch", str(footage / "camera-1.mp4"), "--watchlist", str(footage / "watchlist"))
    arguments = ("--instances", "2", "--cool-down", "0", *on_broker())
    with (
        running_lethe(folder, *watched, *arguments) as lethe,
        OpenPage(lethe.alert_url) as page,
    ):
        wait_until(lambda: lethe.last_sequence() > 0)
        for instance_id, number in _ENDINGS.items():
            break_instance(lethe, instance_id, number)
        for service in _ADDED:
            _add_and_remove(lethe, service)
        await_alerts(lethe)
        report = end_with_searches(lethe)
    return report | {"page": page}


def _add_and_remove(lethe: RunningLethe, service: str) -> None:
    with added_instance(lethe, service) as process:
        await_alerts(lethe)
        assert process.poll() is None
    assert process.returncode == 0


def test_no_captured_frame_outlives_the_budget_whoever_comes_or_goes(
    report: dict[str, Any],
) -> None:
    assert report["erasure_age_ms"]["max"] < 1000
    assert report["unerased"] == 0


def test_nobody_who_comes_or_goes_is_a_ground_to_suspend(report: dict[str, Any]) -> None:
    assert report["suspensions"] == []


def test_every_copy_is_accounted_for(report: dict[str, Any]) -> None:
    assert report["copies"]["dead"] > 0
    assert report["copies"]["open"] == 0


def test_whoever_ended_was_started_again_and_nobody_else(report: dict[str, Any]) -> None:
    assert report["restarts"] == {"broker": 0} | {
        f"{service} {number}".removesuffix(" 1"): int(f"{service}-{number}" in _ENDINGS)
        for service in ("ingest", "detect", "match", "alert", "purge")
        for number in (1, 2)
    }


def test_no_decided_alert_is_lost_or_shown_twice(report: dict[str, Any]) -> None:
    check_no_alert_was_lost_or_shown_twice(report)


def test_a_page_that_stays_open_shows_every_alert_once(report: dict[str, Any]) -> None:
    check_an_open_page_missed_and_repeated_nothing(report["page"], report)
    assert report["page"].connections >= 2, "both alerts were killed, so one while it led"
