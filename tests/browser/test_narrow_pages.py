"""On a phone rows of tables are cards: nothing scrolls sideways, and a table is still a table."""

from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect
from tests.browser.conftest import OpenPage
from tests.support.page_desk import Desk
from tests.support.pages import live
from tests.unit.alert.test_web_receipts import keep_receipts

from lethe.contracts.adjudication import Verdict

pytestmark = pytest.mark.asyncio(loop_scope="module")
LONG = "a-camera-with-a-long-name-and-no-break" * 3
SIDEWAYS = """() => {
    const regions = document.querySelectorAll(".scrolls, .watchlist");
    return [document.documentElement, ...regions]
        .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth)
        .map((each) => each.ariaLabel ?? "page");
}"""


async def label_of(cell: Locator) -> str:
    """Return what a cell says of itself before its content."""
    told: str = await cell.evaluate("cell => getComputedStyle(cell, '::before').content")
    return told.strip('"')


async def opened(desk: Desk, page: Page, path: str) -> None:
    """Open a page with three alerts: one is open, one true, one false."""
    desk.web.status.zones["deployment-1"] = "the north gate of the fair"
    for number, verdict in enumerate((Verdict.TRUE_ALERT, Verdict.FALSE_ALERT, None)):
        alert = await desk.alert(f"search-{number}", camera_id=f"{number}-{LONG}")
        if verdict:
            await desk.judge(alert, verdict)
    await page.goto(desk.url.replace("/#", f"/{path}#"))


@pytest.mark.parametrize("width", [320, 390])
async def test_the_desk_shows_alerts_and_deployments_as_cards(
    serving: Desk, new_page: OpenPage, width: int
) -> None:
    page = await new_page(width)
    await opened(serving, page, "desk")
    await live(page)
    alerts = page.get_by_role("table").filter(has=page.locator("#alerts"))
    rows = alerts.get_by_role("row").filter(has=page.get_by_role("cell"))
    await expect(rows).to_have_count(3)
    cells = rows.first.get_by_role("cell").filter(visible=True)
    labels = [await label_of(each) for each in await cells.all()]
    assert labels == ["Time", "Subject", "Camera", "Zone", "Score", "State"], "nobody did anything"
    await expect(page.locator("#deployments tr")).to_have_count(1)
    await expect(page.locator("#by-deployment tr")).to_have_count(1)
    await page.get_by_role("button", name="Read them").click()
    await expect(page.get_by_role("article")).to_be_visible()
    assert await page.evaluate(SIDEWAYS) == []
    await page.get_by_role("combobox", name="State").select_option("open")
    await expect(rows.filter(visible=True)).to_have_count(1)
    # What changes says of itself what it is, as what was there from the beginning.
    [alert] = [each for each in await serving.web.desk.after(0, 9) if each.adjudication is None]
    await page.get_by_role("combobox", name="State").select_option("")
    await serving.judge(alert, Verdict.TRUE_ALERT)
    await expect(cells).to_have_count(7)
    assert await label_of(cells.last) == "By"


@pytest.mark.parametrize("width", [320, 390])
async def test_the_auditors_page_shows_entries_and_receipts_as_cards(
    serving: Desk, new_page: OpenPage, width: int, tmp_path: Path
) -> None:
    await keep_receipts(serving.web, tmp_path)
    page = await new_page(width)
    await opened(serving, page, "audit")
    await page.get_by_role("button", name="Read").click()
    for rows, column in (("#entries", "Number"), ("#receipts", "Number")):
        first = page.locator(f"{rows} tr").first.locator("td").first
        await expect(first).to_be_visible()
        assert await label_of(first) == column
    assert await page.evaluate(SIDEWAYS) == []


async def test_where_there_is_room_columns_have_one_heading(
    serving: Desk, new_page: OpenPage
) -> None:
    page = await new_page(1280)
    await opened(serving, page, "desk")
    await expect(page.get_by_role("columnheader", name="Subject")).to_be_visible()
    assert await label_of(page.locator("#alerts td").first) == "none"


@pytest.mark.parametrize("width", [1280, 1440])
async def test_beside_an_alert_no_button_of_a_table_is_cut_off(
    serving: Desk, new_page: OpenPage, width: int
) -> None:
    page = await new_page(width)
    await opened(serving, page, "desk")
    await live(page)
    await page.locator("#alerts button").first.click()
    await expect(page.locator("#panel")).to_be_visible()
    table = page.locator("#deployments")
    await expect(table.get_by_role("button", name="Walk-through")).to_be_visible()
    await expect(table.get_by_role("button", name="End")).to_be_visible()
    assert await page.evaluate(SIDEWAYS) == []
