"""Other photographs of the listed than those on the watchlist, among many strangers."""

from pathlib import Path
from typing import Any

import pytest
from tests.support.chosen_broker import OnBroker
from tools.running import running_lethe

from lethe.cli.footage.lfw import build_evaluation

_FACES = Path("../shared/data/lfw-dev")
pytestmark = pytest.mark.needs_data(str(_FACES), "photographs of people, for evaluation only")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, on_broker: OnBroker) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("harder")
    footage = build_evaluation(_FACES, folder / "footage", people=12, listed=4)
    cameras = [str(video) for video in sorted(footage.glob("*.mp4"))]
    options = ("--watchlist", str(footage / "watchlist"), "--no-realtime", "--once")
    with running_lethe(folder, "watch", *cameras, *options, *on_broker()) as lethe:
        return lethe.finish()


def test_most_listed_people_are_alerted_to_by_another_photograph(report: dict[str, Any]) -> None:
    assert len({alert["subject"] for alert in report["alerts"]}) >= 3


def test_strangers_are_seen_and_forgotten(report: dict[str, Any]) -> None:
    assert report["decisions"]["non_match"] > report["decisions"]["candidates"]
    assert report["unerased"] == 0
    assert report["erasure_age_ms"]["max"] < 1000
