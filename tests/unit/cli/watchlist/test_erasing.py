"""`lethe watchlist erase` against alert's own API."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.alert_web import alert_web, free_port, served
from tests.support.watchlists import listed

from lethe.cli.__main__ import lethe
from lethe.cli.watchlist import erasing


async def test_a_watchlist_is_erased_once_somebody_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    async with alert_web(tmp_path) as web, served(web.app(port), port):
        await listed(web.watchlists, on="northtown-7")
        monkeypatch.setattr(erasing, "command_tokens", lambda _: web.issuer.token)
        command = ["watchlist", "erase", "northtown-7", "--alert-url", f"http://127.0.0.1:{port}"]
        declined = await asyncio.to_thread(CliRunner().invoke, lethe, command, input="n\n")
        assert declined.exit_code == 1
        assert (await web.watchlists.versions.find("northtown-7")).details is not None
        erased = await asyncio.to_thread(CliRunner().invoke, lethe, command, input="y\n")
        assert (erased.exit_code, "northtown-7 is erased" in erased.output) == (0, True)
        assert (await web.watchlists.versions.find("northtown-7")).details is None
