"""Every service killed, stopped or restarted under load: the stack recovers, nobody is kept."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.chosen_broker import OnBroker
from tests.support.readers import reading_topic, searches_of
from tools.running import RunningLethe, running_lethe, wait_until

from lethe.contracts.live import CandidatesFound
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.topics import CANDIDATES_FOUND

_KILLED, _STOPPED, _ENDED = signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM
_FAULTS = {
    1: {
        "ingest-1": _KILLED,
        "detect-1": _STOPPED,
        "match-1": _KILLED,
        "alert-1": _KILLED,
        "purge-1": _STOPPED,
    },
    2: {
        "ingest-1": _STOPPED,
        "detect-2": _KILLED,
        "match-1": _ENDED,
        "detect-1": _ENDED,
        "alert-1": _STOPPED,
        "purge-1": _KILLED,
    },
}
_MORE_ALERTS = 3


@pytest.fixture(scope="module", params=[1, 2], ids=["one of each", "two of each"])
def instances(request: pytest.FixtureRequest) -> int:
    """So many of each service but alert; of one purge there is a standby in any case."""
    return int(request.param)


@pytest.fixture(scope="module")
def report(
    instances: int, tmp_path_factory: pytest.TempPathFactory, on_broker: OnBroker
) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("faults")
    arguments = ("demo", "--standby", "--instances", str(instances), "--cool-down", "0")
    with running_lethe(folder, *arguments, *on_broker()) as lethe:
        wait_until(lambda: lethe.last_sequence() > 0)
        for instance_id, number in _FAULTS[instances].items():
            _break(lethe, instance_id, number)
        if instances > 1:
            _add_and_remove(lethe, "detect")
        with reading_topic(lethe.broker(), CANDIDATES_FOUND) as published:
            report = lethe.finish(interrupt=True)
    searches = searches_of(folder / "data" / "alert-1" / "alerts.sqlite")
    return report | {"searches": searches, "published": {_search(body) for body in published}}


def _search(body: bytes) -> str:
    return CandidatesFound.decode(SignedEnvelope.decode(body).payload).search_id


def _break(lethe: RunningLethe, instance_id: str, number: signal.Signals) -> None:
    process = lethe.children()[instance_id]
    process.send_signal(number)
    # A stopped process can't be told anything: only its own kernel timer ends it.
    wait_until(lambda: _replaced(lethe, instance_id, process.pid))
    _see_alerts(lethe)


def _add_and_remove(lethe: RunningLethe, service: str) -> None:
    """Start one more instance by hand, let it have cameras, and end it as an operator would."""
    added = f"{service}-3"
    environment = lethe.children()[f"{service}-1"].environ()
    environment |= {"LETHE_INSTANCE_ID": added, "LETHE_HTTP_PORT": "0"}
    environment.pop("LETHE_PREDECESSOR", None)
    with (
        (lethe.data / f"{added}.log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", f"lethe.{service}"], env=environment, stdout=log, stderr=log
        ) as process,
    ):
        wait_until(lambda: any(line.get("partitions") for line in lethe.log_lines(added)))
        _see_alerts(lethe)
        process.terminate()
        assert process.wait() == 0
    _see_alerts(lethe)


def _see_alerts(lethe: RunningLethe) -> None:
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
    report: dict[str, Any], instances: int
) -> None:
    broken = {
        instance_id.removesuffix("-1").replace("-", " ") for instance_id in _FAULTS[instances]
    }
    restarts = {name: count for name, count in report["restarts"].items() if count}
    assert restarts == dict.fromkeys(broken, 1)


def test_no_decided_alert_is_lost_or_shown_twice(report: dict[str, Any]) -> None:
    shown = [alert["alert_id"] for alert in report["alerts"]]
    assert len(set(shown)) == len(shown) == len(report["searches"])
    # One alert for each candidate list that match published, by its id: none more, none less.
    assert set(report["searches"]) == report["published"]
    assert len(set(report["searches"].values())) == len(report["searches"]) > 0
