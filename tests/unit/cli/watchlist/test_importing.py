"""`lethe watchlist import` against alert's own API, with a pipeline that a test plays."""

import asyncio
import csv
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.support.brokers import eventually
from tests.unit.cli.watchlist.conftest import Office

from lethe.alert.watchlists.subject import SubjectDetails
from lethe.alert.watchlists.subject_desk import SubjectDesk
from lethe.cli.errors import Interrupted
from lethe.contracts.errors import InvalidInput

ANN, BOB = "N-1,Ann,other,a warrant,ann.jpg;ann-2.jpg,", "N-2,Bob,other,a warrant,bob.jpg,"


async def test_everybody_in_a_table_is_listed_with_their_images(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.lists(ANN, BOB)
    await office.imports()
    assert await office.names() == ["Ann", "Bob"]
    assert len(await office.web.watchlists.references("northtown-7")) == 3
    version = await office.web.watchlists.versions.find("northtown-7")
    assert version.details is not None
    assert version.details.name == "Northtown"
    told = capsys.readouterr().out
    assert "enrolled 3 of 3 images" in told
    assert "all 2 subjects" in told
    assert office.report() == []


async def test_what_is_rejected_is_told_by_row_and_leaves_nothing_half_done(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.image("ann-2.jpg", "no_face: a wall")
    office.image("carl.jpg", "no_face: a tree")
    office.image("dora.jpg", "resembles")
    office.lists(
        ANN,
        BOB,
        "N-3,Carl,other,a warrant,carl.jpg,",
        "N-4,Dora,other,a warrant,dora.jpg,",
        "N-5,Eve,other,,eve.jpg,",
        "N-6,Finn,unknown,a warrant,finn.jpg,",
        "N-7,Gus,other,a warrant,gus.jpg,2019-01-01",
        "N-8,Hal,other,a warrant,../hal.jpg,",
    )
    with pytest.raises(InvalidInput, match="--skip-bad"):
        await office.imports()
    assert await office.names() == ["Ann", "Bob"]
    told = {(line, image): (verdict, why) for line, image, verdict, why in office.report()}
    assert told["2", "ann-2.jpg"][0] == "image rejected"
    assert "no face was found" in told["2", "ann-2.jpg"][1]
    assert told["4", ""] == ("row rejected", "none of its images can be used")
    # Of several that are sent at once any may be the first.
    assert re.search(r"the same person as (ann|bob)\.jpg", told["5", "dora.jpg"][1])
    assert told["6", ""] == ("row rejected", "grounds is missing: why the subject is on the list")
    assert told["7", "finn.jpg"][0] == "row rejected"
    assert "category: it must be one of" in told["7", "finn.jpg"][1]
    assert "expires_on: the subject's last day" in told["8", "gus.jpg"][1]
    assert "not the name of a file" in told["9", "../hal.jpg"][1]
    shown = capsys.readouterr()
    assert "2 of 8 subjects are on northtown-7; image rejected: 4, row rejected: 6" in shown.out
    assert "Rejected and flagged" in shown.err


async def test_an_image_that_is_flagged_is_enrolled_and_told(office: Office) -> None:
    office.image("ann-2.jpg", "unlike the first")
    office.lists(ANN)
    await office.imports()
    assert len(await office.web.watchlists.references("northtown-7")) == 2
    [(line, image, verdict, why)] = office.report()
    assert (line, image, verdict) == ("2", "ann-2.jpg", "flagged")
    assert "none of the subject's other images" in why


async def test_with_skip_bad_it_ends_well_all_the_same(office: Office) -> None:
    office.lists(BOB, "N-5,Eve,other,,eve.jpg,")
    await office.imports(skip_bad=True)
    assert await office.names() == ["Bob"]


async def test_a_report_holds_no_live_formula(office: Office) -> None:
    office.image("=cmd|' !A1.jpg", "no_face")
    office.lists("=1+1,Eve,other,x,=cmd|' !A1.jpg,")
    with pytest.raises(InvalidInput):
        await office.imports()
    text = office.options.report_file.read_text(encoding="utf-8-sig")
    cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


async def test_an_import_that_is_broken_off_goes_on_with_what_is_missing(
    office: Office, stops: list[Callable[[], object]]
) -> None:
    office.image("bob.jpg", "slow")
    office.lists(ANN, BOB)
    under_way = asyncio.create_task(office.imports())
    await eventually(lambda: len(office.pipeline.unanswered) == 1)
    stops[0]()
    with pytest.raises(Interrupted, match="the same command goes on"):
        await under_way
    office.pipeline.answers_slow = True
    await office.imports()
    assert await office.names() == ["Ann", "Bob"]
    # Ann's two images weren't sent again; Bob's had no answer yet.
    assert len(office.pipeline.submitted) == 4


async def test_a_cell_that_is_changed_or_cleared_is_changed_on_the_list(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.lists("N-2,Bob,other,a warrant,bob.jpg,2099-01-01,may be armed; asthmatic")
    await office.imports()
    assert (await office.only()).warning_markers == ("may be armed", "asthmatic")
    assert "changed what is known" not in capsys.readouterr().out
    office.lists("N-2,Bob,other,a warrant,bob.jpg,2099-01-01,asthmatic")
    await office.imports()
    assert (await office.only()).warning_markers == ("asthmatic",)
    assert "changed what is known of 1 subject\n" in capsys.readouterr().out
    office.lists("N-2,Bob,other,a warrant,bob.jpg,,")
    await office.imports()
    bob = await office.only()
    assert (bob.warning_markers, bob.expires_on) == ((), None)
    office.lists("N-2,Bob,other,a warrant,bob.jpg,,")
    await office.imports()
    [subject] = await office.web.watchlists.subjects.after("northtown-7", 0, 100)
    assert subject.revision == 3, "what is as it was isn't changed"
    assert len(office.pipeline.submitted) == 1


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("N-2,Bob,unknown,a warrant,bob.jpg,", "category: "),
        ("N-2,Bob,other,,bob.jpg,", "grounds is missing"),
        ("N-2,Bob,other,a warrant,bob.jpg,2019-01-01", "expires_on: "),
    ],
)
async def test_a_row_is_rejected_whose_subject_stays_as_it_was_listed(
    office: Office, row: str, why: str
) -> None:
    office.lists(BOB)
    await office.imports()
    office.lists(row)
    with pytest.raises(InvalidInput, match="--skip-bad"):
        await office.imports()
    assert await office.only() == details_as(BOB)
    [(_, _, verdict, told)] = office.report()
    assert verdict == "row rejected"
    assert told.startswith(why)
    assert told.endswith("; listed before, and stays so unchanged")


def details_as(row: str) -> SubjectDetails:
    number, name, category, grounds = row.split(",")[:4]
    return SubjectDetails(reference_number=number, name=name, category=category, grounds=grounds)


async def test_whoever_has_expired_since_they_were_listed_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.lists("N-2,Bob,other,a warrant,bob.jpg,2021-01-01")
    with monkeypatch.context() as in_2020:
        in_2020.setattr(SubjectDesk, "_today", lambda _desk: date(2020, 12, 31))
        await office.imports()
    with pytest.raises(InvalidInput, match="--skip-bad"):
        await office.imports()
    [(_, _, verdict, told)] = office.report()
    assert verdict == "row rejected"
    assert told.startswith("expires_on: ")


async def test_whom_an_earlier_run_left_without_an_image_is_taken_off(
    office: Office, stops: list[Callable[[], object]]
) -> None:
    office.image("carl.jpg", "no_face")
    office.image("bob.jpg", "slow")
    office.lists("N-3,Carl,other,a warrant,carl.jpg,", BOB)
    under_way = asyncio.create_task(office.imports())
    await eventually(lambda: len(office.pipeline.unanswered) == 1)
    await eventually(lambda: office.pipeline.ended == 1)
    stops[0]()
    with pytest.raises(Interrupted):
        await under_way
    assert await office.names() == ["Carl", "Bob"]
    office.pipeline.answers_slow = True
    office.lists(BOB)
    with pytest.raises(InvalidInput, match="--skip-bad"):
        await office.imports()
    assert await office.names() == ["Bob"]


async def test_the_report_is_not_written_over_the_table_and_is_for_its_owner_alone(
    office: Office,
) -> None:
    office.lists(BOB, "N-5,Eve,other,,eve.jpg,")
    before = office.options.table.read_text()
    with pytest.raises(InvalidInput, match="is the table"):
        await office.imports(report=office.options.table)
    assert office.pipeline.submitted == []
    assert office.options.table.read_text() == before
    await office.imports(skip_bad=True)
    assert office.options.report_file.stat().st_mode & 0o777 == 0o600
    assert {file.name for file in office.options.table.parent.glob("*northtown*")} == {
        "northtown-7.csv",
        "northtown-7.report.csv",
    }


async def test_a_report_separates_columns_as_the_table_does_and_no_formula_hides_within_a_cell(
    office: Office,
) -> None:
    office.options.table.write_text(
        'reference_number;name;category;grounds;images\n"x; =1+1,@y";Eve;other;;eve.jpg\n'
    )
    with pytest.raises(InvalidInput):
        await office.imports()
    text = office.options.report_file.read_text(encoding="utf-8-sig")
    [_, row] = csv.reader(text.splitlines(), delimiter=";")
    assert row[1] == "x;' =1+1,'@y"


async def test_an_ordered_watchlist_is_not_touched(office: Office) -> None:
    office.lists(BOB)
    await office.imports()
    await office.web.watchlists.versions.freeze("northtown-7", "ab" * 32, {"other": 2})
    office.lists(ANN, BOB)
    with pytest.raises(InvalidInput, match="was ordered"):
        await office.imports()
    assert await office.names() == ["Bob"]
    await office.imports(watchlist_id="northtown-8")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"watchlist_id": "a b"}, "can't be the id of a watchlist"),
        ({"folder": Path("/nowhere")}, "isn't a folder"),
        ({"table": Path("/nowhere/list.csv")}, "can't be read"),
        ({"alert_url": "nowhere"}, "isn't an address"),
        ({"report": Path("/nowhere/report.csv")}, "doesn't exist"),
    ],
)
async def test_what_can_not_be_used_is_told_before_anything_is_sent(
    office: Office, changes: dict[str, Any], why: str
) -> None:
    office.lists(BOB)
    with pytest.raises(InvalidInput, match=why):
        await office.imports(**changes)
    assert not office.options.report_file.exists()
    assert office.pipeline.submitted == []
