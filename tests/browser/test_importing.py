"""A watchlist is imported on the desk, with progress and a report of what was rejected."""

import asyncio
import csv
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.browser.test_the_desk import desk_of
from tests.support.alert_web import served
from tests.support.brokers import eventually
from tests.support.page_desk import Desk
from tests.support.pages import live
from tests.support.played_pipeline import AS_JPEG, PlayedPipeline

from lethe.alert.identity.principal import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Counts the images that are read; what follows till they wait to be sent takes no time.
COUNTS_HASHES = """() => {
    window.hashed = 0;
    const digest = crypto.subtle.digest.bind(crypto.subtle);
    crypto.subtle.digest = async (...asked) => {
        const made = await digest(...asked);
        hashed += 1;
        return made;
    };
}"""
HEADER = "reference_number,name,category,grounds,images,expires_on"
ANN = "N-1,Ann,other,a warrant,ann.jpg;sub/ann-2.jpg,"
BOB = "N-2,Bob,other,a warrant,bob.jpg,"


@dataclass
class Office:
    """A table beside a folder of images, and the pipeline behind alert."""

    desk: Desk
    pipeline: PlayedPipeline
    folder: Path

    @property
    def images(self) -> Path:
        return self.folder / "images"

    def lists(self, *rows: str, **contents: str) -> None:
        """Write a table; an image holds its own name, or what is given by its stem."""
        for row in rows:
            for name in row.split(",")[4].split(";"):
                file = self.images / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(AS_JPEG + contents.get(file.stem, name).encode())
        (self.folder / "northtown-7.csv").write_text("\n".join([HEADER, *rows]))

    async def choose_table(self, page: Page) -> None:
        await page.get_by_label("Table", exact=True).set_input_files(
            self.folder / "northtown-7.csv"
        )

    async def choose(self, page: Page) -> None:
        await self.choose_table(page)
        await page.get_by_label("Folder of images").set_input_files(self.images)
        await expect(page.get_by_label("Id of the watchlist")).to_have_value("northtown-7")

    async def names(self) -> list[str]:
        found = await self.desk.web.watchlists.subjects.after("northtown-7", 0, 100)
        return sorted(subject.details.name for subject in found)


@pytest_asyncio.fixture(loop_scope="module")
async def office(desk: Desk, tmp_path: Path) -> AsyncIterator[Office]:
    (tmp_path / "office").mkdir()
    pipeline = desk.web.enroller = PlayedPipeline(desk.web.watchlists)
    async with served(desk.web.app(desk.port), desk.port):
        yield Office(desk, pipeline, tmp_path / "office")


async def opened(office: Office, new_page: OpenPage, *roles: Role, width: int = 1440) -> Page:
    page = await new_page(width, 900)
    await page.goto(desk_of(office.desk, *(roles or (Role.SUPERVISOR,))))
    await live(page)
    # As by keyboard: a summary is a button to it.
    await page.get_by_text("Import a watchlist").press("Enter")
    await expect(page.get_by_label("Folder of images")).to_be_visible()
    return page


async def begin(page: Page) -> None:
    button = page.get_by_role("button", name="Import", exact=True)
    await expect(button).to_be_enabled()
    await button.press("Enter")


async def ends(page: Page, told: str) -> None:
    await expect(page.locator("#import-told")).to_contain_text(told)


async def test_everybody_in_a_table_is_listed_with_their_images(
    office: Office, new_page: OpenPage
) -> None:
    office.lists(ANN, BOB)
    page = await opened(office, new_page)
    await office.choose(page)
    await page.get_by_label("Name", exact=True).fill("Northtown")
    await begin(page)
    await ends(page, "2 of 2 subjects are on northtown-7.")
    assert await office.names() == ["Ann", "Bob"]
    assert len(await office.desk.web.watchlists.references("northtown-7")) == 3
    version = await office.desk.web.watchlists.versions.find("northtown-7")
    assert version.details is not None
    assert version.details.name == "Northtown"
    await expect(page.get_by_role("progressbar", name="Images")).to_have_js_property("value", 3)
    await expect(page.get_by_role("button", name="Import", exact=True)).to_be_focused()
    await expect(page.get_by_role("region", name="Rejected and flagged")).to_have_count(0)


async def test_the_id_that_is_suggested_follows_the_table_until_one_is_typed(
    office: Office, new_page: OpenPage
) -> None:
    office.lists(ANN)
    page = await opened(office, new_page)
    table, suggested = page.get_by_label("Table", exact=True), page.get_by_label("Id of the")

    async def choose(name: str) -> None:
        await table.set_input_files(
            {"name": name, "mimeType": "text/csv", "buffer": f"{HEADER}\n{BOB}".encode()}
        )

    await office.choose(page)
    await choose("southtown.csv")
    await expect(suggested).to_have_value("southtown")
    # What can't be an id isn't suggested, and the first one's isn't left there.
    await choose("south town.csv")
    await expect(suggested).to_have_value("")
    await suggested.fill("mine")
    await choose("southtown.csv")
    await expect(suggested).to_have_value("mine")
    await office.choose_table(page)
    await begin(page)
    await ends(page, "1 of 1 subjects are on mine.")
    # One that is through was called so; the next is another.
    await choose("southtown.csv")
    await expect(suggested).to_have_value("southtown")


async def test_each_row_that_is_rejected_or_flagged_is_reported_with_its_reason(
    office: Office, new_page: OpenPage
) -> None:
    office.lists(
        ANN,
        BOB,
        "N-3,Carl,other,a warrant,carl.jpg,",
        "N-4,Dora,other,a warrant,dora.jpg,",
        "N-5,Eve,other,,eve.jpg,",
        "=cmd(),Finn,unknown,a warrant,finn.jpg,",
        "N-7,Gus,other,a warrant,gus.jpg,2019-01-01",
        carl="no_face: a tree",
        dora="resembles",
        bob="unlike",
        **{"ann-2": "no_face: a wall"},
    )
    page = await opened(office, new_page)
    await office.choose(page)
    await begin(page)
    await ends(page, "2 of 7 subjects are on northtown-7.")
    await ends(page, "flagged: 1, image rejected: ")
    assert await office.names() == ["Ann", "Bob"]
    rows = page.get_by_role("region", name="Rejected and flagged").get_by_role("row")
    for line, told in (
        (2, "sub/ann-2.jpgimage rejectedno face was found"),
        (3, "bob.jpgflaggedit looks like none of the subject's other images"),
        (4, "row rejectednone of its images can be used"),
        (5, "dora.jpgimage rejectedthe same person as "),
        (6, "row rejectedgrounds is missing: why the subject is on the list"),
        (7, "row rejectedcategory: it must be one of"),
        (8, "row rejectedexpires_on: the subject's last day on the list is over"),
    ):
        found = rows.filter(has=page.get_by_role("cell", name=str(line), exact=True))
        await expect(found.filter(has_text=told)).to_have_count(1)
    assert await violations(page) == []
    async with page.expect_download() as awaited:
        await page.get_by_role("button", name="Save the report").press("Enter")
    saved = await awaited.value
    assert saved.suggested_filename == "northtown-7.report.csv"
    report = csv.reader((await saved.path()).read_text(encoding="utf-8-sig").splitlines())
    cells = list(report)
    assert cells[0] == ["line", "reference_number", "image", "verdict", "why"]
    assert [row[1] for row in cells if row[0] == "7"] == ["'=cmd()"]


async def test_an_import_tells_its_rate_can_be_stopped_and_goes_on_with_what_is_missing(
    office: Office, new_page: OpenPage
) -> None:
    rows = [f"N-{n},Subject {n},other,a warrant,image-{n}.jpg," for n in range(6)]
    office.lists(*rows, **{"image-5": "slow"})
    page = await opened(office, new_page)
    await office.choose(page)
    await begin(page)
    await ends(page, "5 of 6 images")
    await ends(page, "sent a second, about ")
    await eventually(lambda: len(office.pipeline.submitted) == 6)
    await expect(page.get_by_role("button", name="Stop", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")
    await ends(page, "Stopped after 5 of 6 images.")
    assert len(office.pipeline.submitted) == 6
    office.pipeline.answers_slow = True
    await begin(page)
    await ends(page, "6 of 6 subjects are on northtown-7.")
    # The one that nothing was heard of is sent again, and no other.
    assert len(office.pipeline.submitted) == 7


async def test_people_go_in_lots_and_who_has_many_images_is_one_subject(
    office: Office, new_page: OpenPage
) -> None:
    many = ";".join(f"ann-{n}.jpg" for n in range(30))
    rows = [f"N-{n},Subject {n},other,a warrant,image-{n}.jpg," for n in range(30)]
    office.lists(f"N-99,Ann,other,a warrant,{many},", *rows)
    page = await opened(office, new_page)
    await office.choose(page)
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url) if "/entries" in each.url else None)

    async def hold(route: Route) -> None:
        # No answer comes before everything is read.
        await page.wait_for_function("() => hashed === 60")
        await route.continue_()

    await page.evaluate(COUNTS_HASHES)
    await page.route("**/entries", hold)
    await begin(page)
    await ends(page, "31 of 31 subjects are on northtown-7.")
    assert len(await office.desk.web.watchlists.references("northtown-7")) == 60
    # Sixteen at a time; the first go with as many as were read by then, or alone.
    assert len(asked) <= 5


async def test_a_service_that_does_not_answer_for_a_while_ends_no_import(
    office: Office, new_page: OpenPage
) -> None:
    office.lists(ANN, BOB)
    page = await opened(office, new_page)
    await office.choose(page)
    refused = asyncio.Event()

    async def refuse(route: object) -> None:
        refused.set()
        await route.fulfill(status=503, json={"detail": "this instance doesn't lead yet"})  # type: ignore[attr-defined]

    await page.route("**/entries", refuse)
    await begin(page)
    await refused.wait()
    await page.unroute("**/entries")
    await ends(page, "2 of 2 subjects are on northtown-7.")


async def test_what_can_not_be_imported_says_why(office: Office, new_page: OpenPage) -> None:
    page = await opened(office, new_page, Role.OPERATOR)
    office.lists(ANN)
    table = office.folder / "northtown-7.csv"
    table.write_text("name,colour\n")
    await office.choose(page)
    await begin(page)
    fault = page.locator("#import-fault")
    await expect(fault).to_have_text(
        "Not imported: it has no column reference_number, category, grounds, images in its first "
        "line."
    )
    office.lists(ANN)
    await office.choose(page)
    await page.get_by_label("Id of the watchlist").fill("watchlist-1")
    await office.desk.web.watchlists.versions.freeze("watchlist-1", "a" * 64, {})
    await begin(page)
    await expect(fault).to_contain_text("was ordered and can't be changed")
    await page.route(
        "**/watchlists", lambda route: route.fulfill(status=403, json={"detail": "no"})
    )
    await begin(page)
    await expect(fault).to_have_text("Not imported: no.")


@pytest.mark.parametrize("width", [320, 1280])
async def test_the_form_has_no_violation(office: Office, new_page: OpenPage, width: int) -> None:
    page = await opened(office, new_page, width=width)
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
