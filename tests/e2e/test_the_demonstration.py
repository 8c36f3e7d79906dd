"""`lethe demo` from footage to alerts, with everybody else forgotten."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.support.chosen_broker import OnBroker
from tests.support.clear_content import clear_content
from tests.support.images import astronaut
from tests.support.readers import reading_topics
from tools.running import running_lethe

from lethe.cli.home import find_home
from lethe.contracts.topic import SealedTopic
from lethe.contracts.topics import CANDIDATES_FOUND, PURGE_LEADERSHIP, REGISTRY, VIEW_MADE

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((find_home().demonstration / "script.json").read_text())
    return content


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, on_broker: OnBroker) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("demo")
    arguments = ("demo", "--no-realtime", "--once", "--cool-down", "0", *on_broker())
    with (
        running_lethe(folder, *arguments) as lethe,
        reading_topics(lethe.broker(), REGISTRY) as bodies,
    ):
        report = lethe.finish()
    return report | {"bodies": bodies, "audit": audited(folder, lethe.data), "told": lethe.told}


def test_it_goes_without_anything_that_somebody_must_be_told(report: dict[str, Any]) -> None:
    assert report["told"] == ""


def audited(folder: Path, data: Path) -> str:
    """Return what `lethe audit verify` says of what a run left, held against its receipts."""
    receipts = folder / "receipts.txt"
    database = data / "alert" / "database" / "alerts.sqlite"
    told = ""
    for command in (
        ("receipts", "export", receipts, "--data", data),
        ("audit", "verify", database, "--receipts", receipts),
    ):
        arguments = [sys.executable, "-m", "lethe.cli", *map(str, command)]
        told = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    return told


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


def test_the_audit_log_holds_and_is_anchored_in_the_receipts(report: dict[str, Any]) -> None:
    assert report["audit"].startswith("good: ")
    assert "anchored in the receipts up to entry" in report["audit"]


def test_no_record_on_any_topic_holds_a_picture_or_a_template_in_the_clear(
    report: dict[str, Any],
) -> None:
    read = report["bodies"]
    # Views are made while somebody looks at a camera, and nobody does here.
    sealed = {topic for topic in REGISTRY if isinstance(topic, SealedTopic)} - {VIEW_MADE}
    assert all(read[topic.name] for topic in sealed | {CANDIDATES_FOUND}), "not everything was read"
    assert not read[VIEW_MADE.name]
    assert not read[PURGE_LEADERSHIP.name]
    found = {name: {clear_content(body) for body in bodies} for name, bodies in read.items()}
    assert {name: what - {None} for name, what in found.items() if what - {None}} == {}


def test_a_picture_or_a_template_in_the_clear_would_be_found() -> None:
    noise = np.random.default_rng(1)
    jpeg = cv2.imencode(".jpg", astronaut())[1].tobytes()
    template = noise.normal(size=128).astype(np.float32)
    template /= np.linalg.norm(template)
    for offset in range(5):
        around = noise.bytes(1_000 + offset)
        assert clear_content(around + jpeg + around) == "a picture"
        assert clear_content(around + template.tobytes() + around) == "a template"
        assert clear_content(bytes(1_000) + template.tobytes() + bytes(1_000)) == "a template"
        assert clear_content(around) is None
