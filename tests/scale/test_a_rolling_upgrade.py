"""Every instance ended in turn and begun again, as an upgrade does: not an incident."""

import signal
from pathlib import Path
from typing import Any

import pytest
from tests.support.breaking import (
    break_instance,
    check_no_alert_was_lost_or_shown_twice,
    end_with_searches,
)
from tests.support.chosen_broker import OnBroker
from tools.running import running_lethe, wait_until

_IN_TURN = [
    f"{service}-{number}"
    for service in ("purge", "match", "detect", "ingest", "alert")
    for number in (1, 2)
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, on_broker: OnBroker) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("rolling-upgrade")
    watched = ("demo", "--instances", "2", "--cool-down", "0", *on_broker())
    with running_lethe(folder, *watched) as lethe:
        wait_until(lambda: lethe.last_sequence() > 0)
        accounts = []
        for instance_id in _IN_TURN:
            # What a purge knows ends with it.
            accounts += lethe.accounts()
            break_instance(lethe, instance_id, signal.SIGTERM)
        # Whoever ended last may have to tell yet what it destroyed.
        wait_until(lambda: all(told["unerased"] == 0 for told in lethe.accounts()))
        report = end_with_searches(lethe)
    return report | {"accounts": [*accounts, report]}


def test_an_upgrade_suspends_nothing(report: dict[str, Any]) -> None:
    assert report["suspensions"] == []


def test_everybody_was_begun_again_and_the_broker_was_not(report: dict[str, Any]) -> None:
    names = {name.replace("-", " ").removesuffix(" 1") for name in _IN_TURN}
    assert {name for name, times in report["restarts"].items() if times} == names


def test_what_was_open_meanwhile_is_erased_within_its_budget(report: dict[str, Any]) -> None:
    # One that is new may not have heard of any frame yet.
    ages = [each["erasure_age_ms"]["max"] for each in report["accounts"]]
    assert max(age for age in ages if age is not None) < 1000
    assert report["frames"]["captured"] > 0


def test_no_alert_is_lost_or_shown_twice(report: dict[str, Any]) -> None:
    check_no_alert_was_lost_or_shown_twice(report)
