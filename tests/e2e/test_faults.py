"""Every service killed, stopped or restarted under load: the stack recovers, nobody is kept."""

import signal
from pathlib import Path
from typing import Any

import pytest
from tools.running import RunningLethe, running_lethe, wait_until

_FAULTS = {
    "ingest-1": signal.SIGKILL,
    "detect-1": signal.SIGSTOP,
    "match-1": signal.SIGKILL,
    "alert-1": signal.SIGKILL,
    "purge-1": signal.SIGSTOP,
}
_MORE_ALERTS = 3


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, on_broker: tuple[str, ...]) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("faults")
    arguments = ("demo", "--standby", "--cool-down", "0", *on_broker)
    with running_lethe(folder, *arguments) as lethe:
        wait_until(lambda: lethe.last_sequence() > 0)
        for instance_id, number in _FAULTS.items():
            _break(lethe, instance_id, number)
        decided = max(account["decisions"]["candidates"] for account in lethe.accounts())
        # What was decided while alert was away waits in the broker and comes when it is back.
        wait_until(lambda: lethe.last_sequence() >= decided)
        return lethe.finish(interrupt=True) | {"decided_before_the_end": decided}


def _break(lethe: RunningLethe, instance_id: str, number: signal.Signals) -> None:
    process = lethe.children()[instance_id]
    process.send_signal(number)
    # A stopped process can't be told anything: only its own kernel timer ends it.
    wait_until(lambda: _replaced(lethe, instance_id, process.pid))
    before = lethe.last_sequence()
    wait_until(lambda: lethe.last_sequence() >= before + _MORE_ALERTS)


def _replaced(lethe: RunningLethe, instance_id: str, pid: int) -> bool:
    child = lethe.children().get(instance_id)
    return child is not None and child.pid != pid


def test_no_captured_frame_outlives_the_budget_whatever_breaks(report: dict[str, Any]) -> None:
    assert report["erasure_age_ms"]["max"] < 1000
    assert report["unerased"] == 0


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
    alerts = [alert["alert_id"] for alert in report["alerts"]]
    assert len(set(alerts)) == len(alerts)
    # A match that is killed after its rescue leaves an alert whose decision nobody counted.
    assert len(alerts) >= report["decided_before_the_end"] > 0
