"""Receipts are served to anybody who asks alert, and verified from its address."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.alert_web import BASE, AlertWeb, alert_web, free_port
from tests.support.alert_web import served as serving
from tests.support.handing_on import Courier, served, write_log
from tests.support.receipts import SIGNER, a_log, successor

from lethe.alert.receipt_copies import ReceiptCopies
from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.command import main
from lethe.receipts.notes import Note

_FIRST = a_log(3)
_SECOND = successor(_FIRST, "t2", slots=2)
_KEY = str(SIGNER.verifier)


@pytest.fixture(name="web")
async def web_(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path) as web:
        yield web


async def keep_receipts(web: AlertWeb, folder: Path) -> ReceiptCopies:
    """Let alert keep what a purge wrote."""
    (folder / "purge").mkdir()
    write_log(folder / "purge", 1, _FIRST)
    write_log(folder / "purge", 2, _SECOND)
    copies = ReceiptCopies(folder / "copies")
    copies.open()
    await Courier(folder / "purge").bring_all(copies)
    web.receipts = copies.kept()
    return copies


async def test_what_is_kept_is_served_as_one_file(web: AlertWeb, tmp_path: Path) -> None:
    copies = await keep_receipts(web, tmp_path)
    async with web.client() as client:
        answer = await client.get("/api/v1/receipts")
    assert answer.status_code == 200
    assert answer.content == served(copies.kept())
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_the_last_checkpoint_of_each_purge_is_served(web: AlertWeb, tmp_path: Path) -> None:
    await keep_receipts(web, tmp_path)
    async with web.client() as client:
        (log,) = (await client.get("/api/v1/receipts/checkpoints")).json()["logs"]
    note = Note.parse(log["checkpoint"])
    note.require_signed(SIGNER.verifier)
    assert Checkpoint.parse(note.text) == _SECOND.last
    assert (log["origin"], log["size"]) == (_SECOND.origin, _SECOND.last.size)


async def test_before_there_are_any_that_is_said(web: AlertWeb) -> None:
    async with web.client() as client:
        nothing = await client.get("/api/v1/receipts")
        assert (nothing.status_code, nothing.json()["title"]) == (404, "Not Found")
        assert (await client.get("/api/v1/receipts/checkpoints")).json()["logs"] == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/api/v1/receipts", "/api/v1/receipts/checkpoints"])
async def test_nobody_can_change_them(web: AlertWeb, method: str, path: str) -> None:
    async with web.client() as client:
        assert (await client.request(method, path)).status_code == 405


@pytest.mark.parametrize("end", ["", "/", "/api/v1/receipts"])
async def test_they_are_verified_from_the_address_of_the_page(
    web: AlertWeb, tmp_path: Path, capsys: pytest.CaptureFixture[str], end: str
) -> None:
    await keep_receipts(web, tmp_path)
    port = free_port()
    async with serving(web.app(port), port):
        place = f"http://127.0.0.1:{port}{end}"
        code = await asyncio.to_thread(main, ["verify", place, "--key", _KEY])
    assert code == 0
    assert capsys.readouterr().out.startswith("good: 2 logs, ")


async def test_a_page_without_receipts_is_one_clear_error(
    web: AlertWeb, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    async with serving(web.app(port), port):
        place = f"http://127.0.0.1:{port}"
        code = await asyncio.to_thread(main, ["verify", place, "--key", _KEY])
    assert code == 2
    assert capsys.readouterr().err == (f"lethe-receipts: {place}/api/v1/receipts: Not Found\n")


async def test_a_page_of_another_site_gets_none(web: AlertWeb, tmp_path: Path) -> None:
    await keep_receipts(web, tmp_path)
    async with web.client() as client:
        foreign = await client.get("/api/v1/receipts", headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert BASE not in foreign.text
