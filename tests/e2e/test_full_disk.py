"""The disk under purge's receipts is full: no receipt, no key; that is told, and it goes on."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import pytest
from tests.support.images import astronaut
from tests.support.small_disk import small_disk
from tools.running import RunningLethe, running_lethe, wait_until

# After Ctrl-C copies have two seconds to be accounted for, whatever runs beside.
pytestmark = pytest.mark.alone

_MORE_ALERTS = 3
_MORE_TICKETS = 5
_HEARD = 'lethe_records_total{topic="lethe.ingest.key-ticket.v1"}'


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Fill the disk under purge's folder, and nobody else's, until nothing is granted."""
    folder: Path = tmp_path_factory.mktemp("full")
    people = folder / "people"
    people.mkdir()
    assert cv2.imwrite(str(people / "Eileen.png"), astronaut())
    # She is the footage as well: what is watched doesn't matter here, and one still costs little.
    watched = ("watch", str(people), "--watchlist", str(people), "--cool-down", "1")
    with (
        small_disk(folder / "data" / "purge-1", megabytes=4) as disk,
        running_lethe(folder, *watched) as lethe,
    ):
        wait_until(lambda: lethe.last_sequence() > 0)
        disk.fill()
        wait_until(lambda: any(account["standstill"] for account in lethe.accounts()))
        # What was granted before then is on its way still.
        _wait_for_tickets(lethe)
        granted = _granted(lethe)
        _wait_for_tickets(lethe)
        meanwhile = _granted(lethe) - granted
        disk.free()
        alerts = lethe.last_sequence()
        wait_until(lambda: lethe.last_sequence() >= alerts + _MORE_ALERTS)
        report = lethe.finish(interrupt=True)
        command = [sys.executable, "-m", "lethe.cli", "receipts", "show", "--data", str(lethe.data)]
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
    receipts = {"receipts": shown.stdout, "receipts_code": shown.returncode}
    return report | receipts | {"told": lethe.told, "granted_meanwhile": meanwhile}


def _wait_for_tickets(lethe: RunningLethe) -> None:
    """Wait until purge has heard a few more of ingest's."""
    heard = lethe.metric("purge-1", _HEARD)
    wait_until(lambda: lethe.metric("purge-1", _HEARD) >= heard + _MORE_TICKETS)


def _granted(lethe: RunningLethe) -> float:
    """Return how often ingest got keys: it captures under none but these."""
    return lethe.metric("ingest-1", 'lethe_grants_total{result="held"}')


def test_the_terminal_says_once_why_nothing_is_captured_and_that_it_goes_on(
    run: dict[str, Any],
) -> None:
    stopped, goes_on = run["told"].splitlines()
    assert stopped.startswith("nothing is captured, since no keys are granted: receipts can't be")
    assert "No space left on device" in stopped
    assert goes_on == "keys are granted again"


def test_without_room_for_receipts_no_key_is_granted(run: dict[str, Any]) -> None:
    assert run["granted_meanwhile"] == 0


def test_no_frame_outlives_the_budget_for_want_of_room(run: dict[str, Any]) -> None:
    assert run["unerased"] == 0
    assert run["copies"]["open"] == 0
    assert run["erasure_age_ms"]["max"] < 1000


def test_what_was_told_before_and_after_holds(run: dict[str, Any]) -> None:
    assert run["receipts_code"] == 0, run["receipts"]
    assert run["receipts"].startswith("good: ")
