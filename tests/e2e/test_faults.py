"""Every service killed, stopped or restarted under load: the stack recovers, nobody is kept."""

import signal
from pathlib import Path
from typing import Any

import pytest
from tests.support.chosen_broker import OnBroker
from tests.support.readers import reading_topic, searches_of
from tools.running import RunningLethe, running_lethe, wait_until

from lethe.contracts.live import CandidatesFound
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.topics import CANDIDATES_FOUND

_FAULTS = {
    "ingest-1": signal.SIGKILL,
    "detect-1": signal.SIGSTOP,
    "match-1": signal.SIGKILL,
    "alert-1": signal.SIGKILL,
    "purge-1": signal.SIGSTOP,
}
_MORE_ALERTS = 3


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, on_broker: OnBroker) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("faults")
    arguments = ("demo", "--standby", "--cool-down", "0", *on_broker())
    with running_lethe(folder, *arguments) as lethe:
        wait_until(lambda: lethe.last_sequence() > 0)
        for instance_id, number in _FAULTS.items():
            _break(lethe, instance_id, number)
        with reading_topic(lethe.broker(), CANDIDATES_FOUND) as published:
            report = lethe.finish(interrupt=True)
    searches = searches_of(folder / "data" / "alert" / "alerts.sqlite")
    return report | {"searches": searches, "published": {_search(body) for body in published}}


def _search(body: bytes) -> str:
    return CandidatesFound.decode(SignedEnvelope.decode(body).payload).search_id


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
    shown = [alert["alert_id"] for alert in report["alerts"]]
    assert len(set(shown)) == len(shown) == len(report["searches"])
    # One alert for each candidate list that match published, by its id: none more, none less.
    assert set(report["searches"]) == report["published"]
    assert len(set(report["searches"].values())) == len(report["searches"]) > 0
