"""`lethe watchlist re-enrol` against alert's own API, with a pipeline that a test plays."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.brokers import eventually
from tests.unit.cli.watchlist.conftest import Office

from lethe.cli.errors import Interrupted, StackFailed
from lethe.cli.watchlist import renewing
from lethe.cli.watchlist.renewing import RenewalOptions, re_enrol
from lethe.contracts.errors import InvalidInput

PACK, LATER = "5a" * 32, "7b" * 32
LIST = "northtown-7"
ANN, BOB = "N-1,Ann,other,a warrant,ann.jpg;ann-2.jpg,", "N-2,Bob,other,a warrant,bob.jpg,"


@pytest.fixture(autouse=True)
def _quick(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewing, "command_tokens", lambda _trust: office.web.issuer.token)
    monkeypatch.setattr(renewing, "POLL_S", 0.01)


async def imported(office: Office, *rows: str) -> None:
    office.pipeline.pack = office.web.pack = PACK
    office.lists(*rows)
    await office.imports()


def changed(office: Office) -> None:
    """Let detect work with another pack from now on."""
    office.pipeline.pack = office.web.pack = LATER
    office.pipeline.submitted.clear()


async def renew(office: Office, **options: Any) -> None:
    chosen = RenewalOptions(LIST, office.options.alert_url, Path(), None, skip_bad=False)
    given = {f: getattr(chosen, f) for f in RenewalOptions.__slots__} | options
    await asyncio.to_thread(re_enrol, RenewalOptions(**given))


async def packs(office: Office) -> set[str | None]:
    return {each.pack for each in await office.web.watchlists.references(LIST)}


async def test_every_image_that_is_kept_goes_through_the_pipeline_again(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    await imported(office, ANN, BOB)
    content = await office.web.watchlists.content_hash(LIST)
    changed(office)
    await renew(office)
    assert await packs(office) == {LATER}
    assert await office.web.watchlists.content_hash(LIST) == content
    told = capsys.readouterr().out
    assert "3 of 3 images of northtown-7" in told
    assert f"pack {LATER[:12]}; 3 were sent" in told
    await renew(office)
    assert len(office.pipeline.submitted) == 3
    assert "0 were sent" in capsys.readouterr().out


async def test_what_the_new_pack_cannot_use_is_told_by_number_with_its_reason(
    office: Office, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    await imported(office, ANN, BOB)
    changed(office)
    office.pipeline.unfit = b"ann-2"
    report = tmp_path / "report.csv"
    with pytest.raises(InvalidInput, match="--skip-bad"):
        await renew(office, report=report)
    assert "N-1" in capsys.readouterr().err
    [line] = report.read_text(encoding="utf-8-sig").splitlines()[1:]
    assert "N-1: " in line
    assert "no face was found" in line
    await renew(office, skip_bad=True)


async def test_of_what_an_order_names_nothing_changes_and_what_is_unfit_is_told(
    office: Office, tmp_path: Path
) -> None:
    await imported(office, ANN, BOB)
    book = office.web.watchlists
    content = await book.content_hash(LIST)
    await book.versions.freeze(LIST, content, {})
    changed(office)
    office.pipeline.unfit = b"bob"
    report = tmp_path / "report.csv"
    with pytest.raises(InvalidInput, match="--skip-bad"):
        await renew(office, report=report)
    assert "an order names it" in report.read_text(encoding="utf-8-sig")
    assert await book.content_hash(LIST) == content
    assert office.web.tried_again == [LIST]


async def test_broken_off_alert_goes_on_and_the_command_shows_how_far_it_is(
    office: Office, stops: list[Callable[[], object]], capsys: pytest.CaptureFixture[str]
) -> None:
    office.image("bob.jpg", "slow bob")
    office.pipeline.answers_slow = True
    await imported(office, ANN, BOB)
    changed(office)
    office.pipeline.answers_slow = False
    running = asyncio.create_task(renew(office))
    await eventually(lambda: bool(office.pipeline.unanswered))
    stops[-1]()
    with pytest.raises(Interrupted, match="alert goes on with it"):
        await running
    office.pipeline.answers_slow = True
    office.pipeline.submit(office.pipeline.unanswered[0])
    await renew(office)
    assert await packs(office) == {LATER}
    assert "3 of 3 images" in capsys.readouterr().out


async def test_where_nothing_comes_through_it_ends_and_says_so(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewing, "STALLED_AFTER_S", 0.05)
    office.image("bob.jpg", "slow bob")
    office.pipeline.answers_slow = True
    await imported(office, BOB)
    changed(office)
    office.pipeline.answers_slow = False
    with pytest.raises(StackFailed, match="1 are left"):
        await renew(office)
