"""One of each service killed or stopped under load: the stack recovers, nobody is kept."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.breaking import (
    break_instance,
    check_an_open_page_missed_and_repeated_nothing,
    check_no_alert_was_lost_or_shown_twice,
    end_with_searches,
)
from tests.support.chosen_broker import OnBroker
from tests.support.witnesses import running_witness
from tools.open_page import OpenPage
from tools.running import PATIENCE_S, running_lethe, wait_until

from lethe.cli.home import find_home

_DEMO = ("demo", "--standby", "--cool-down", "0")
_FAULTS = {
    "ingest-1": signal.SIGKILL,
    "detect-1": signal.SIGSTOP,
    "match-1": signal.SIGKILL,
    "alert-1": signal.SIGKILL,
    "purge-1": signal.SIGSTOP,
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, on_broker: OnBroker) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("faults")
    with (
        running_witness(folder / "witness", str(find_home().receipts_verifier)) as (address, key),
        running_lethe(folder, *_DEMO, "--witness", f"{address} {key}", *on_broker()) as lethe,
        OpenPage(lethe.alert_url, lethe.token) as page,
    ):
        wait_until(lambda: lethe.last_sequence() > 0)
        wait_until(lambda: origins(lethe.alert_url))
        before = origins(lethe.alert_url)
        for instance_id, number in _FAULTS.items():
            break_instance(lethe, instance_id, number)
        # Alert was killed meanwhile, and another purge leads, or the same one anew: what is
        # served is whole all the same.
        wait_until(lambda: origins(lethe.alert_url) - before)
        wait_until(lambda: told_of_receipts(lethe.alert_url)["witnesses"][0]["cosigned"])
        seen = ("--witness-key", str(key), "--witness-checkpoint", f"{address}/checkpoints")
        served = receipts("verify", lethe.alert_url, *seen)
        report = end_with_searches(lethe)
        shown = receipts("show", "--data", str(lethe.data))
    return report | {"shown": shown, "served": served, "page": page}


def receipts(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `lethe receipts` with this machine's key."""
    command = [sys.executable, "-m", "lethe.cli", "receipts", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def told_of_receipts(page: str) -> dict[str, Any]:
    """Return the newest log of each purge that alert has, and how it stands with witnesses."""
    answer = httpx.get(f"{page}/api/v1/receipts/checkpoints", timeout=PATIENCE_S)
    told: dict[str, Any] = answer.raise_for_status().json()
    return told


def origins(page: str) -> set[str]:
    """Return the names of the newest logs, one for each time that a purge began to lead."""
    return {log["origin"] for log in told_of_receipts(page)["logs"]}


@pytest.mark.parametrize("found_out", ["shown", "served"])
def test_the_receipts_hold_and_tell_of_every_purge(report: dict[str, Any], found_out: str) -> None:
    ended = report[found_out]
    assert ended.returncode == 0, ended.stdout + ended.stderr
    first, slots = ended.stdout.splitlines()[:2]
    assert first.startswith("good: ")
    assert int(first.split()[1]) >= 2, "the suspended purge's term and the one after it"
    assert not slots.startswith("slots granted 0,")
    assert "the key is pinned by 1 of 1 order" in ended.stdout


def test_a_witness_saw_what_is_served(report: dict[str, Any]) -> None:
    told = report["served"].stdout
    assert "cosignatures of the witnesses that were named: " in told
    assert "without a witness's checkpoint" not in told


def test_no_captured_frame_outlives_the_budget_whatever_breaks(report: dict[str, Any]) -> None:
    assert report["erasure_age_ms"]["max"] < 1000
    assert report["unerased"] == 0


def test_no_service_that_breaks_is_a_ground_to_suspend(report: dict[str, Any]) -> None:
    assert report["suspensions"] == []


def test_every_copy_of_a_dead_process_is_accounted_for(report: dict[str, Any]) -> None:
    assert report["copies"]["dead"] > 0
    assert report["copies"]["open"] == 0


def test_a_stopped_service_is_killed_and_every_broken_one_started_again(
    report: dict[str, Any],
) -> None:
    restarts = report["restarts"]
    assert {name: restarts[name] for name in ("ingest", "detect", "match", "alert", "purge")} == {
        "ingest": 1,
        "detect": 1,
        "match": 1,
        "alert": 1,
        "purge": 1,
    }


def test_no_decided_alert_is_lost_or_shown_twice(report: dict[str, Any]) -> None:
    check_no_alert_was_lost_or_shown_twice(report)


def test_a_page_that_stays_open_shows_every_alert_once(report: dict[str, Any]) -> None:
    check_an_open_page_missed_and_repeated_nothing(report["page"], report)
    assert report["page"].connections >= 2, "alert was killed once"
