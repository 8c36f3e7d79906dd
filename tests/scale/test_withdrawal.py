"""A subject who is withdrawn raises no alert any more while others do, whichever match searches."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.added_instances import added_instance
from tests.support.chosen_broker import OnBroker
from tools.running import RunningLethe, running_lethe, wait_until

from lethe.cli.home import find_home
from lethe.receipts.entries import MinuteCounted, SubjectsWithdrawn
from lethe.receipts.parsing import parse_entry

_LIFE_MS = 1_000
"""No key that was made before lives longer."""
_SLOWLY_S = 300.0


@pytest.fixture(name="lethe")
def lethe_(tmp_path: Path, on_broker: OnBroker) -> Iterator[RunningLethe]:
    with running_lethe(tmp_path, "demo", "--cool-down", "0", *on_broker()) as lethe:
        yield lethe


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    given = [sys.executable, "-m", "lethe.cli", *arguments]
    return subprocess.run(given, capture_output=True, text=True, check=False)


def seen(lethe: RunningLethe, since_ms: float) -> list[tuple[str, str, float]]:
    """Return subject, camera and time of capture of the alerts since then."""
    told = [
        (alert["subject_id"], alert["camera_id"], _ms(alert["captured_at"]))
        for alert in lethe.alerts()
    ]
    return [each for each in told if each[2] >= since_ms]


def _ms(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp() * 1000


def receipted(lethe: RunningLethe) -> SubjectsWithdrawn | None:
    """Return the receipt of the withdrawal, once it is there."""
    lines = lethe.ask("/api/v1/receipts").content.splitlines()
    entries = (parse_entry(line) for line in lines if b'"subjects-withdrawn"' in line)
    return next((each for each in entries if isinstance(each, SubjectsWithdrawn)), None)


def faces_receipted(lethe: RunningLethe) -> int:
    """Return how many faces receipts tell of so far."""
    lines = lethe.ask("/api/v1/receipts").content.splitlines()
    entries = (parse_entry(line) for line in lines if b'"minute-counted"' in line)
    return sum(each.faces_seen for each in entries if isinstance(each, MinuteCounted))


def cameras() -> dict[str, float]:
    """Return for each camera a time in which everybody listed passes it once, in milliseconds."""
    script: dict[str, Any] = json.loads((find_home().demonstration / "script.json").read_text())
    return {name: _longest_s(camera) * 1000 for name, camera in script["cameras"].items()}


def _longest_s(camera: dict[str, Any]) -> float:
    listed = {each["person"] for each in camera["passes"] if each["listed"]}
    longest = 0.0
    for person in listed:
        once = [each for each in camera["passes"] if each["person"] == person]
        # The footage loops.
        begins = [each["start_s"] for each in once]
        ends = [*(each["end_s"] for each in once[1:]), once[0]["end_s"] + camera["duration_s"]]
        longest = max(longest, *(end - begin for begin, end in zip(begins, ends, strict=True)))
    return longest


def subjects(lethe: RunningLethe, watchlist_id: str) -> dict[str, str]:
    """Return the reference number of each subject."""
    listed = lethe.ask(f"/api/v1/watchlists/{watchlist_id}/subjects").json()["subjects"]
    return {each["subject_id"]: each["reference_number"] for each in listed}


def test_whoever_is_withdrawn_is_alerted_to_no_more_while_others_are(lethe: RunningLethe) -> None:
    wait_until(lambda: lethe.last_sequence() > 0)
    [stands] = lethe.ask("/api/v1/status").json()["deployments"]
    name, numbers = stands["deployment_id"], subjects(lethe, stands["watchlist_id"])
    wait_until(lambda: {subject for subject, *_ in seen(lethe, 0)} == set(numbers))
    gone, left = sorted(numbers)
    withdrawal = ("watchlist", "withdraw", name, numbers[gone], "--why", "found", "--yes")
    told = command(*withdrawal, "--alert-url", lethe.alert_url)
    assert (told.returncode, told.stderr) == (0, "")
    wait_until(lambda: receipted(lethe) is not None)
    receipt = receipted(lethe)
    assert receipt is not None
    assert (receipt.deployment, receipt.withdrawn) == (name, 1)
    in_effect_ms = receipt.at_ms + _LIFE_MS

    with added_instance(lethe, "match") as added:
        wait_until(added.owns_partitions)
        killed = lethe.children()["match-1"]
        killed.kill()
        wait_until(lambda: lethe.children().get("match-1", killed).pid != killed.pid)
        wait_until(lethe.all_stand)
        again_ms = max((at for *_, at in seen(lethe, 0)), default=0)
        for camera, footage_ms in cameras().items():
            wait_until(
                lambda camera=camera, until=again_ms + footage_ms: any(
                    (subject, where) == (left, camera) for subject, where, _ in seen(lethe, until)
                ),
                within_s=_SLOWLY_S,
            )
        after = seen(lethe, in_effect_ms)
    assert {subject for subject, *_ in after} == {left}
    assert {camera for _, camera, _ in after} == set(cameras())
    shown = command("deployment", "show", name, "--alert-url", lethe.alert_url)
    assert "withdrawn: 1 subject of 2" in shown.stdout
    check_what_was_written(lethe, name, gone)


def check_the_record(lethe: RunningLethe, name: str) -> None:
    """Check that the record of the deployment and the receipts say the same."""
    # Faces are told when a minute is over.
    wait_until(lambda: faces_receipted(lethe) > 0)
    told = command("deployment", "record", name, "--json", "--alert-url", lethe.alert_url)
    assert (told.returncode, told.stderr) == (0, "")
    account = json.loads(told.stdout)
    record, receipts = account["record"], account["receipts"]
    assert (account["doubts"], record["withdrawn"], receipts["withdrawn"]) == ([], 1, 1)
    assert receipts["faces_seen"] > record["alerts"]["raised"] > 0
    assert record["alerts"]["unadjudicated"] == record["alerts"]["raised"]
    assert sum(record["watchlist"]["categories"].values()) == record["watchlist"]["subjects"] == 2


def check_what_was_written(lethe: RunningLethe, name: str, gone: str) -> None:
    """Check that audit log and receipts tell of it, and hold."""
    entries = lethe.ask("/api/v1/audit?limit=1000").json()["entries"]
    check_the_record(lethe, name)
    handed_in = "a signed withdrawal of subjects was handed in"
    told = [each for each in entries if each["why"] == handed_in]
    assert [each["records"][::2] for each in told] == [[f"deployment:{name}", f"subject:{gone}"]]
    report = lethe.finish(interrupt=True)
    assert report["unerased"] == 0
    shown = command("receipts", "show", "--data", str(lethe.data))
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "  withdrawn  1 subject of the watchlist" in shown.stdout
