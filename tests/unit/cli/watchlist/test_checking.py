"""`lethe watchlist sample` and `check` against alert's own API."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from tests.support.watchlists import details, outcome, pictured

from lethe.cli.__main__ import lethe
from lethe.cli.watchlist import checking
from lethe.cli.watchlist.api import SubjectState

Run = Callable[..., Awaitable[Result]]


@pytest.fixture(name="web")
async def web_(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path) as web:
        for name in ("Ada", "Bob", "Cid"):
            reference = await pictured(web.watchlists, name, name.encode(), on="northtown-7")
            await web.watchlists.record([outcome(reference.reference_id)])
        yield web


@pytest.fixture(name="run")
async def run_(web: AlertWeb, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Run]:
    port = free_port()
    monkeypatch.setattr(checking, "command_tokens", lambda _: web.issuer.token)

    async def run(*words: str, answers: str = "") -> Result:
        command = ["watchlist", *words, "--alert-url", f"http://127.0.0.1:{port}"]
        return await asyncio.to_thread(CliRunner().invoke, lethe, command, input=answers)

    async with served(web.app(port), port):
        yield run


async def test_a_sample_is_drawn_and_asked_about_one_by_one(run: Run) -> None:
    drawn = await run("sample", "northtown-7", "--n", "3")
    assert drawn.exit_code == 0, drawn.output
    assert "3 of 3 subjects drawn, 0 found right, 0 wrong, 3 not checked" in drawn.output
    checked = await run("check", "northtown-7", answers="y\nn\ns\n")
    assert checked.exit_code == 0, checked.output
    assert "1 found right, 1 wrong, 1 not checked" in checked.output
    for shown in ("name: Ada", "name: Bob", "grounds: failed to appear", "/image"):
        assert shown in checked.output
    # What was found right isn't asked about again.
    again = await run("check", "northtown-7", answers="s\ns\n")
    assert again.output.count("grounds: ") == 2
    assert (await run("sample", "northtown-7", "--n", "2")).output.count("by ") == 2


async def test_a_watchlist_that_is_not_there_is_told(run: Run) -> None:
    refused = await run("sample", "nothing", "--n", "3")
    assert refused.exit_code != 0


def test_several_markers_are_said_one_after_another() -> None:
    known = details("Ada", warning_markers=["may be armed", "asthmatic"]).model_dump(mode="json")
    subject = SubjectState.model_validate(known | {"subject_id": "s-1", "revision": 1})
    assert "warning markers: may be armed; asthmatic" in checking._lines(subject)
