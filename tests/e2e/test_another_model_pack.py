"""detect is started again with another model pack while a deployment runs."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.chosen_broker import OnBroker
from tests.support.entries import form_of
from tools.running import PATIENCE_S, RunningLethe, running_lethe, wait_until

from lethe.cli.home import Home, find_home
from lethe.receipts.parsing import parse_entry
from lethe.vision.pack import MANIFEST_NAME, load_pack

pytestmark = pytest.mark.alone

OPEN = "square-may"
"""A list that no order names."""


@pytest.fixture(name="home")
def home_(tmp_path: Path) -> Home:
    """Give a home whose model pack a test may change."""
    ours, home = find_home(), Home(tmp_path / ".lethe")
    shutil.copytree(ours.model_pack, home.model_pack)
    home.trust.symlink_to(ours.trust)
    return home


@pytest.fixture(name="lethe")
def lethe_(tmp_path: Path, home: Home, on_broker: OnBroker) -> Iterator[RunningLethe]:
    changed = {"LETHE_HOME": str(home.folder)}
    options = ("up", "--cool-down", "0", *on_broker())
    with running_lethe(tmp_path, *options, environment=changed, reports=False) as lethe:
        yield lethe


def another_pack(home: Home) -> tuple[str, str]:
    """Make the pack another one; return the digests of before and of now."""
    before, file = load_pack(home.model_pack).digest, home.model_pack / MANIFEST_NAME
    manifest = json.loads(file.read_text())
    file.write_text(json.dumps(manifest | {"version": "another"}))
    return before, load_pack(home.model_pack).digest


def command(lethe: RunningLethe, *arguments: str) -> str:
    """Run a command that has nothing to complain of; return what it said."""
    given = [sys.executable, "-m", "lethe.cli", *arguments, "--alert-url", lethe.alert_url]
    done = subprocess.run(given, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return " ".join(done.stdout.split())


@contextmanager
def deployed(lethe: RunningLethe) -> Iterator[dict[str, Any]]:
    """Watch the demonstration's footage under an order; give how the deployment stands."""
    footage = find_home().demonstration
    arguments = ["deploy", *map(str, sorted(footage.glob("camera-*.mp4")))]
    options = ["--watchlist", str(footage / "watchlist"), "--alert-url", lethe.alert_url]
    with subprocess.Popen(
        [sys.executable, "-m", "lethe.cli", *arguments, *options], stdout=subprocess.DEVNULL
    ) as process:
        try:
            wait_until(lambda: lethe.last_sequence() > 0)
            [stands] = lethe.ask("/api/v1/status").json()["deployments"]
            yield stands
        finally:
            process.terminate()


def packs(lethe: RunningLethe, watchlist_id: str) -> set[str | None]:
    """Return what enrolled the images of a watchlist."""
    found = lethe.ask(f"/api/v1/watchlists/{watchlist_id}/references").json()["references"]
    return {each["pack"] for each in found}


def packs_in_receipts(lethe: RunningLethe) -> set[str]:
    """Return the packs that receipts say the order was searched with."""
    lines = lethe.ask("/api/v1/receipts").content.splitlines()
    entries = [parse_entry(line) for line in lines if b'"order-in-force"' in line]
    return {pack for each in entries for pack in getattr(each, "models", ())}


def import_one(lethe: RunningLethe) -> None:
    """Put somebody with an image on a list that no order names."""
    image = next((find_home().demonstration / "watchlist").rglob("*.png")).read_bytes()
    person = {"reference_number": "A-17", "name": "Ada", "category": "other", "grounds": "a test"}
    with httpx.Client(
        base_url=f"{lethe.alert_url}/api/v1",
        headers={"Authorization": f"Bearer {lethe.token()}"},
        timeout=PATIENCE_S,
    ) as client:
        client.post("/watchlists", json={"watchlist_id": OPEN}).raise_for_status()
        form = form_of({"details": person, "images": ["a"]}, images={"a": image})
        client.post(f"/watchlists/{OPEN}/entries", **form).raise_for_status()
    wait_until(lambda: lethe.ask(f"/api/v1/watchlists/{OPEN}").json()["settled"])


def captured_ms(alert: dict[str, Any]) -> float:
    return datetime.fromisoformat(alert["captured_at"]).timestamp() * 1000


def later_than(lethe: RunningLethe, moment_ms: float) -> set[str]:
    """Return whom alerts are about of what was captured after a moment."""
    return {each["subject_id"] for each in lethe.alerts() if captured_ms(each) > moment_ms}


def start_again(lethe: RunningLethe, instance_id: str) -> None:
    """Kill an instance, and wait until another stands in its place."""
    old = lethe.children()[instance_id]
    old.kill()
    wait_until(lambda: lethe.children().get(instance_id, old).pid != old.pid)
    wait_until(lethe.all_stand)


def test_a_deployment_goes_on_with_the_new_pack_and_other_lists_wait_for_the_command(
    lethe: RunningLethe, home: Home
) -> None:
    import_one(lethe)
    with deployed(lethe) as stands:
        ordered, listed = stands["watchlist_id"], later_than(lethe, 0)
        before, now = another_pack(home)
        assert packs(lethe, ordered) == packs(lethe, OPEN) == {before}
        start_again(lethe, "detect-1")
        wait_until(lambda: packs(lethe, ordered) == {now})
        wait_until(lambda: lethe.ask("/api/v1/status").json()["blind"] is None)
        last_ms = max(captured_ms(each) for each in lethe.alerts())
        wait_until(lambda: bool(later_than(lethe, last_ms) & listed))
        assert "; 0 were sent" in command(lethe, "watchlist", "re-enrol", ordered)
        # purge's receipts come to alert in their own time.
        wait_until(lambda: packs_in_receipts(lethe) == {before, now})
        assert packs(lethe, OPEN) == {before}

    assert "; 1 were sent" in command(lethe, "watchlist", "re-enrol", OPEN)
    assert packs(lethe, OPEN) == {now}
    assert lethe.ask(f"/api/v1/watchlists/{OPEN}/enrolment").json()["left"] == 0
