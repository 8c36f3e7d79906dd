"""Receipts in plain words over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.support.alert_web import AlertWeb, alert_web
from tests.support.handing_on import Courier, write_log
from tests.support.receipts import SIGNER, Log
from tests.unit.alert.test_web_receipts import _FIRST, _SECOND, keep_receipts

from lethe.alert.receipt_copies import ReceiptCopies
from lethe.receipts.origins import fingerprint

ENTRIES, VERIFICATION = "/api/v1/receipts/entries", "/api/v1/receipts/verification"
PIN = fingerprint(SIGNER.verifier.public)


@pytest.fixture(name="web")
async def web_(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path) as web:
        yield web


@pytest.fixture(name="client")
async def client_(web: AlertWeb) -> AsyncIterator[httpx.AsyncClient]:
    async with web.client() as client:
        yield client


async def test_the_newest_log_is_told_in_sentences_the_newest_first(
    web: AlertWeb, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    await keep_receipts(web, tmp_path)
    page = (await client.get(ENTRIES)).json()
    assert page["key"] == {"name": SIGNER.verifier.name, "fingerprint": PIN}
    assert page["log"]["origin"] == _SECOND.origin
    assert [each["origin"] for each in page["logs"]] == [_SECOND.origin, _FIRST.origin]
    kinds = [each["kind"] for each in page["receipts"]]
    assert kinds == ["term-ended", "minute-counted", "order-in-force", "term-begun"]
    assert page["receipts"][0]["number"] == _SECOND.last.size
    assert page["receipts"][0]["sentence"].startswith("Handing out keys ended")
    assert page["is_first"]


async def test_a_log_is_read_page_by_page_with_every_slot(
    web: AlertWeb, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    await keep_receipts(web, tmp_path)
    asked: dict[str, str | int] = {"log": _FIRST.origin, "slots": 1, "limit": 4}
    numbers: list[int] = []
    before = 0
    while True:
        page = (await client.get(ENTRIES, params=asked | {"before": before})).json()
        numbers += [each["number"] for each in page["receipts"]]
        before = numbers[-1]
        if page["is_first"]:
            break
    assert numbers == list(range(_FIRST.last.size, 0, -1))


@pytest.mark.parametrize("pinned", ["", PIN, "ab" * 32])
async def test_a_log_is_verified_with_the_key_that_signs_it(
    web: AlertWeb, client: httpx.AsyncClient, tmp_path: Path, pinned: str
) -> None:
    log = Log()
    log.add(log.begun(), log.order(receipts_key=pinned)).sign()
    (tmp_path / "purge").mkdir()
    write_log(tmp_path / "purge", 1, log.slot().add(log.minute(1)).end())
    copies = ReceiptCopies(tmp_path / "copies")
    copies.open()
    await Courier(tmp_path / "purge").bring_all(copies)
    web.receipts = copies.kept()
    found = (await client.get(VERIFICATION)).json()
    if pinned == "ab" * 32:
        assert "pins another key" in found["refuted"]
        assert found["entries"] == 0
    else:
        assert (found["refuted"], found["entries"]) == ("", log.last.size)
        assert found["pinned"] == {"d": True if pinned else None}


async def test_a_copy_that_was_changed_is_refuted(
    web: AlertWeb, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    await keep_receipts(web, tmp_path)
    path = web.receipts.files[-1].path
    path.write_bytes(path.read_bytes().replace(b'"faces_seen":9', b'"faces_seen":8', 1))
    found = (await client.get(VERIFICATION)).json()
    assert found["entries"] == 0
    assert "faces" in found["refuted"]


async def test_of_a_log_that_is_not_kept_nothing_is_told(
    web: AlertWeb, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    for address in (ENTRIES, VERIFICATION):
        assert (await client.get(address)).status_code == 404
    await keep_receipts(web, tmp_path)
    for address in (ENTRIES, VERIFICATION):
        assert (await client.get(address, params={"log": "another"})).status_code == 404
