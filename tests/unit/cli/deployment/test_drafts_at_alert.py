"""`lethe deployment drafts` and `fetch` against alert's own API."""

import asyncio
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from tests.support.watchlists import outcome, pictured

from lethe.cli.__main__ import lethe
from lethe.cli.deployment import authorising, waiting
from lethe.contracts.errors import InvalidInput
from lethe.shredding.keyfiles import read_private_key
from lethe.shredding.orders import OrderBook
from lethe.shredding.trust import LocalTrust

ORDER: dict[str, Any] = {
    "deployment_id": "fair-1",
    "use_case": "policing the fair",
    "grounds": "three suspects were seen here",
    "zone": "the north gate",
    "starts_at": "2026-12-01T10:00:00Z",
    "ends_at": "2026-12-01T16:00:00Z",
    "watchlist_id": "list",
    "threshold": 0.62,
    "false_alert_budget": 5,
}
GATE = {
    "camera_id": "gate",
    "source": "rtsp://192.0.2.1/stream",
    "secret": "gate",
    "zone": [[0.1, 0.3], [0.9, 0.3], [0.9, 1.0]],
    "max_fps": 8,
}


class Town:
    """An alert that is served, and somebody who drafts."""

    def __init__(self, web: AlertWeb, url: str, trust: LocalTrust) -> None:
        self.web, self.url, self.trust = web, url, trust

    async def asks(self, path: str, **body: Any) -> Any:
        async with self.web.client() as client:
            answer = await client.post(f"/api/v1/drafts{path}", json=body)
        return answer.raise_for_status().json()

    async def signs(self, message: str) -> None:
        key = read_private_key(self.trust.key_file("drafter"))
        signature = b64encode(key.sign(b64decode(message))).decode()
        await self.asks("/fair-1/signature", signer="drafter", signature=signature)

    async def run(self, *words: str) -> Result:
        there = ("--alert-url", self.url, "--trust", str(self.trust.folder))
        return await asyncio.to_thread(
            CliRunner().invoke, lethe, ["deployment", *words, *there], input="y\n"
        )


@pytest.fixture
async def town(
    tmp_path: Path, trust: LocalTrust, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Town]:
    async with alert_web(tmp_path / "alert") as web:
        for module in (authorising, waiting):
            monkeypatch.setattr(module, "command_tokens", lambda _trust: web.issuer.token)
        web.status.roster, web.status.now_us = trust.roster(), time.time_ns() // 1000
        added = await pictured(web.watchlists, "Ada", b"a", on="list")
        await web.watchlists.record([outcome(added.reference_id)])
        port = free_port()
        async with served(web.app(port), port):
            yield Town(web, f"http://127.0.0.1:{port}", trust)


async def test_drafts_are_listed_fetched_shown_and_authorised_here(
    town: Town, tmp_path: Path
) -> None:
    assert "there are no drafts" in (await town.run("drafts")).output
    draft = await town.asks("", order=ORDER, cameras=[GATE], receipts_key="ab" * 32)
    told = (await town.run("drafts")).output
    assert "fair-1: the north gate, 2026-12-01T10:00:00.000Z until" in told
    assert "not signed yet" in told
    file = str(tmp_path / "fair.draft")
    early = await town.run("fetch", "fair-1", file)
    assert isinstance(early.exception, InvalidInput)
    assert "hasn't signed it" in str(early.exception)
    await town.signs(draft["to_sign"])
    assert "signed by drafter" in (await town.run("drafts")).output
    assert (await town.run("fetch", "fair-1", file)).exit_code == 0
    shown = await town.run("authorise", file)
    assert shown.exit_code == 0, shown.exception
    for said in ("policing the fair", "with the secret gate", "looks for faces in 0.1,0.3 0.9,0.3"):
        assert said in shown.output
    [(ordered, [camera])] = town.web.deployments.orders
    held = OrderBook(town.trust.roster(), allow_local=False).hear(ordered, town.web.status.now_us)
    assert (held.order.authorised_by, camera.max_fps) == ("officer", 8)


async def test_a_draft_that_is_not_there_is_told(town: Town, tmp_path: Path) -> None:
    told = await town.run("fetch", "fair/2", str(tmp_path / "fair.draft"))
    assert isinstance(told.exception, InvalidInput)
    assert not (tmp_path / "fair.draft").exists()
    with pytest.raises(httpx.HTTPStatusError):
        await town.asks("/fair-2/signature", signer="drafter", signature="")
