"""That nothing is captured is told with the reason, whichever purge knows it, and its end too.

Where it is because of a suspension, the end is an officer's act, and not the end of the order.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from lethe.cli.identity.page_link import PageLink
from lethe.cli.live.account import AccountReader
from lethe.cli.live.snapshot import Snapshot
from lethe.cli.live.terminal import Terminal
from lethe.cli.session.api import AlertApi
from lethe.cli.session.watching import EndCondition, Watching
from lethe.cli.stack.services import StackSettings
from lethe.cli.stack.supervisor import Stack
from lethe.cli.stopping import StopRequest
from lethe.shredding.trust import LocalTrust

FULL = "receipts can't be written (No space left on device)"


class Purges:
    """A leader that stands still as told, and a standby that has counted for longer."""

    def __init__(self) -> None:
        self.standstill: str | None = None
        self.suspended: dict[str, str] = {}
        self.cameras: dict[str, dict[str, str]] = {}
        self.captured = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        leads = request.url.host == "leader"
        account = {
            "since": f"2026-01-01T00:00:0{int(leads)}.000Z",
            "leader": leads,
            "standstill": self.standstill if leads else None,
            "suspended": self.suspended,
            "settled": True,
            "cameras": self.cameras,
            "frames": {"captured": self.captured},
        }
        return httpx.Response(200, content=json.dumps(account))


def quiet_alert(request: httpx.Request) -> httpx.Response:
    """Answer as an alert service for which nothing waits and that has raised nothing."""
    if request.url.path.endswith("/sign-in-codes"):
        return httpx.Response(201, json={"code": "c"})
    is_status = request.url.path.endswith("/status")
    return httpx.Response(200, json={"alerts": {"waiting": 0} if is_status else []})


@pytest.fixture
def purges() -> Purges:
    return Purges()


@pytest.fixture
async def watching(purges: Purges, tmp_path: Path) -> AsyncIterator[Watching]:
    nothing_started = Stack(
        StackSettings(
            trust=LocalTrust(tmp_path, "00"),
            model_pack=tmp_path,
            data=tmp_path,
            port=1,
            cool_down_s=30.0,
            memory_bound_mb=4096,
        ),
        Terminal(headless=True).notice,
        StopRequest(),
    )
    no_alerts = httpx.MockTransport(quiet_alert)
    accounts = AccountReader(
        ["http://standby", "http://leader"], httpx.MockTransport(purges.answer)
    )
    async with AlertApi("http://alert", lambda: "token", no_alerts) as api:
        page = PageLink(api, "http://alert", lambda: "token")
        yield Watching(nothing_started, api, page, accounts, Terminal(headless=True), after=0)
    await accounts.close()


async def test_a_standstill_is_told_once_and_so_is_its_end(
    watching: Watching, purges: Purges, capsys: pytest.CaptureFixture[str]
) -> None:
    for standstill in (None, FULL, FULL, None, None):
        purges.standstill = standstill
        await watching.until(EndCondition(seconds=0.0), StopRequest())
    assert capsys.readouterr().err.splitlines() == [
        f"nothing is captured, since no keys are granted: {FULL}",
        "keys are granted again",
    ]


async def test_a_suspension_is_told_with_what_to_do_and_so_is_its_end(
    watching: Watching, purges: Purges, capsys: pytest.CaptureFixture[str]
) -> None:
    for suspended in ({}, {"local-1": "copy-open"}, {"local-1": "copy-open"}, {}):
        purges.suspended = suspended
        await watching.until(EndCondition(seconds=0.0), StopRequest())
    told, ended = capsys.readouterr().err.splitlines()
    assert told.startswith("suspended, nothing is captured: nobody could say what became of")
    assert told.endswith("lethe resume local-1 --alert-url http://127.0.0.1:1")
    assert ended == "local-1 was resumed"
    assert watching.suspensions == ["copy-open"]


async def test_a_suspended_order_that_ends_was_not_resumed(
    watching: Watching, purges: Purges, capsys: pytest.CaptureFixture[str]
) -> None:
    purges.suspended = {"local-1": "copy-open"}
    await watching.until(EndCondition(seconds=0.0), StopRequest())
    purges.suspended = {}
    await watching.settle(within_s=60.0)
    assert "resumed" not in capsys.readouterr().err
    assert watching.suspensions == ["copy-open"]


TROUBLE = {"gate": {"state": "reconnecting", "trouble": "it can't be reached"}}


async def test_a_camera_that_is_back_runs_again(
    watching: Watching, purges: Purges, capsys: pytest.CaptureFixture[str]
) -> None:
    for cameras in (TROUBLE, {"gate": {"state": "running"}}):
        purges.cameras = cameras
        await watching.until(EndCondition(seconds=0.0), StopRequest())
    assert capsys.readouterr().err.splitlines() == [
        "gate is interrupted: it can't be reached",
        "gate runs again",
    ]


async def test_a_camera_does_not_run_again_because_its_order_ends(
    watching: Watching, purges: Purges, capsys: pytest.CaptureFixture[str]
) -> None:
    purges.cameras = TROUBLE
    await watching.until(EndCondition(seconds=0.0), StopRequest())
    purges.cameras = {}
    await watching.settle(within_s=60.0)
    assert capsys.readouterr().err.splitlines() == ["gate is interrupted: it can't be reached"]


async def test_what_is_shown_last_is_what_is_known_when_all_is_accounted_for(
    watching: Watching, purges: Purges, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Snapshot] = []
    monkeypatch.setattr(Terminal, "show", lambda _terminal, snapshot: shown.append(snapshot))
    purges.captured = 343
    await watching.until(EndCondition(seconds=0.0), StopRequest())
    purges.captured = 346
    await watching.settle(within_s=60.0)
    assert [each.account.frames["captured"] for each in shown if each.account] == [343, 346]
