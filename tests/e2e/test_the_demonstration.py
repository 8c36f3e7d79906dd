"""`lethe demo` from footage to alerts, with everybody else forgotten."""

import json
from typing import Any

import pytest
from tests.support.chosen_broker import OnBroker
from tools.running import running_lethe

from lethe.cli.home import find_home


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((find_home().demonstration / "script.json").read_text())
    return content


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, on_broker: OnBroker) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("demo")
    arguments = ("demo", "--no-realtime", "--once", "--cool-down", "0", *on_broker())
    with running_lethe(folder, *arguments) as lethe:
        return lethe.finish()


def test_every_frame_of_the_footage_is_offered_and_none_is_dropped(
    report: dict[str, Any], script: dict[str, Any]
) -> None:
    frames = report["frames"]
    wanted = sum(round(c["duration_s"] * script["fps"]) for c in script["cameras"].values())
    assert abs(frames["offered"] - wanted) <= len(script["cameras"])
    assert frames["captured"] == frames["offered"]
    assert frames["dropped"] == 0


def test_the_accounts_of_the_services_add_up(report: dict[str, Any]) -> None:
    frames, faces, decisions = report["frames"], report["faces"], report["decisions"]
    assert frames["captured"] == frames["processed"] + frames["expired"] + frames["lost"]
    assert faces["seen"] == faces["probes"] + sum(faces["discarded"].values())
    assert faces["probes"] == sum(decisions.values())
    assert len(report["alerts"]) == decisions["candidates"]


def test_nothing_is_left_unerased_and_no_frame_outlives_the_budget(report: dict[str, Any]) -> None:
    assert report["unerased"] == 0
    assert report["erasure_age_ms"]["max"] < 1000
    assert report["copies"]["open"] == 0


def test_everybody_listed_is_alerted_to_on_every_camera_and_nobody_else(
    report: dict[str, Any], script: dict[str, Any]
) -> None:
    seen = {(alert["camera_id"], alert["subject"]) for alert in report["alerts"]}
    listed = {
        (camera_id, scripted["person"])
        for camera_id, camera in script["cameras"].items()
        for scripted in camera["passes"]
        if scripted["listed"]
    }
    assert seen == listed
