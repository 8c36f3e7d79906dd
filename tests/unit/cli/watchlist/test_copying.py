"""`lethe watchlist copy` against alert's own API, with a pipeline that a test plays."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.watchlist.conftest import Office

from lethe.cli.watchlist import copying, renewing
from lethe.cli.watchlist.renewing import RenewalOptions
from lethe.contracts.errors import InvalidInput

PACK = "5a" * 32
OLD, NEW = "northtown-7", "northtown-8"
ANN, BOB = "N-1,Ann,other,a warrant,ann.jpg;ann-2.jpg,", "N-2,Bob,other,a warrant,bob.jpg,"


@pytest.fixture(autouse=True)
def _quick(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "command_tokens", lambda _trust: office.web.issuer.token)
    monkeypatch.setattr(renewing, "POLL_S", 0.01)
    office.pipeline.pack = office.web.pack = PACK


async def copy(office: Office, without: tuple[str, ...] = (), **said: Any) -> None:
    given = {"report": None, "skip_bad": False} | said
    options = RenewalOptions(NEW, office.options.alert_url, Path(), **given)
    await asyncio.to_thread(copying.copy, OLD, options, without)


async def test_everybody_is_copied_and_enrolled_and_an_order_stays_as_it_is(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.lists(ANN, BOB)
    await office.imports()
    book = office.web.watchlists
    content = await book.content_hash(OLD)
    await book.versions.freeze(OLD, content, {})
    for _ in range(2):
        await copy(office)
        found = await book.subjects.after(NEW, 0, 10)
        assert [each.details.name for each in found] == ["Ann", "Bob"]
        assert len(await book.references(NEW)) == 3
    told = capsys.readouterr().out
    assert "copied 2 subjects with 3 images to northtown-8" in told
    assert "3 of 3 images of northtown-8" in told
    assert await book.content_hash(OLD) == content


async def test_who_is_left_out_is_told_by_number(office: Office, tmp_path: Path) -> None:
    office.lists(ANN, BOB)
    await office.imports()
    office.pipeline.unfit = b"bob"
    book = office.web.watchlists
    await book.versions.freeze(OLD, await book.content_hash(OLD), {})
    for each in await book.references(OLD):
        office.pipeline.submit(each.reference_id)
    await asyncio.gather(*office.pipeline._tasks)
    report = tmp_path / "report.csv"
    with pytest.raises(InvalidInput, match="--skip-bad"):
        await copy(office, report=report)
    [line] = report.read_text(encoding="utf-8-sig").splitlines()[1:]
    assert "N-2" in line
    assert "none of its images can be used" in line
    await copy(office, skip_bad=True)


async def test_whoever_is_not_wanted_is_left_behind(office: Office) -> None:
    office.lists(ANN, BOB)
    await office.imports()
    with pytest.raises(InvalidInput, match="N-9 isn't on northtown-7"):
        await copy(office, without=("N-1", "N-9"))
    await copy(office, without=(" n-1 ",))
    found = await office.web.watchlists.subjects.after(NEW, 0, 10)
    assert [each.details.name for each in found] == ["Bob"]
