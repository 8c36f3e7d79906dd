"""What is erased, a false alert or a watchlist, stands in the receipts that everybody may read."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from tests.support.chosen_broker import OnBroker
from tests.support.entries import form_of
from tools.running import PATIENCE_S, RunningLethe, running_lethe, wait_until

from lethe.cli.home import find_home
from lethe.contracts.receipts import erased_watchlist_hash

pytestmark = pytest.mark.alone

_FALSE = {"verdict": "false_alert", "confirmed": True}


def receipts(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lethe.cli", "receipts", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _erase_a_watchlist(lethe: RunningLethe) -> str:
    """Erase a watchlist of one subject that nobody ordered; return what receipts name it by."""
    with httpx.Client(
        base_url=f"{lethe.alert_url}/api/v1",
        headers={"Authorization": f"Bearer {lethe.token()}"},
        timeout=PATIENCE_S,
    ) as client:
        client.post("/watchlists", json={"watchlist_id": "square-may"}).raise_for_status()
        person = {
            "reference_number": "A-17",
            "name": "Ada Lovelace",
            "category": "other",
            "grounds": "failed to appear",
        }
        form = form_of({"details": person})
        client.post("/watchlists/square-may/entries", **form).raise_for_status()
        content = client.get("/watchlists/square-may").raise_for_status().json()["content_hash"]
        client.delete("/watchlists/square-may").raise_for_status()
    return erased_watchlist_hash("square-may", content)


def test_a_false_alert_is_receipted_while_the_system_runs_and_the_receipts_hold(
    tmp_path: Path, on_broker: OnBroker
) -> None:
    with running_lethe(tmp_path, "demo", "--cool-down", "0", *on_broker()) as lethe:
        wait_until(lambda: lethe.last_sequence() > 0)
        alert_id = lethe.alerts()[0]["alert_id"]
        name = sha256(alert_id.encode()).hexdigest()
        assert name not in lethe.ask("/api/v1/receipts").text
        answer = httpx.post(
            f"{lethe.alert_url}/api/v1/alerts/{alert_id}/adjudications",
            json=_FALSE,
            timeout=PATIENCE_S,
            headers={"Authorization": f"Bearer {lethe.token()}"},
        )
        assert answer.raise_for_status().json()["erased"]
        wait_until(lambda: name in lethe.ask("/api/v1/receipts").text)
        assert alert_id not in lethe.ask("/api/v1/receipts").text
        name = _erase_a_watchlist(lethe)
        wait_until(lambda: name in lethe.ask("/api/v1/receipts").text)
        lethe.finish(interrupt=True)
    shown = receipts("show", "--data", str(lethe.data))
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "  alerts     1 erased: 1 false-alert" in shown.stdout
    assert "  watchlists 1 erased: 1 requested" in shown.stdout
    exported = tmp_path / "receipts"
    assert receipts("export", "--data", str(lethe.data), str(exported)).returncode == 0
    verified = receipts("verify", str(exported), "--key", str(find_home().receipts_verifier))
    assert verified.returncode == 0, verified.stderr
