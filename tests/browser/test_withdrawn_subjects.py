"""Whoever looks at an alert sees that its subject is withdrawn, and what was taken back goes."""

import pytest
from playwright.async_api import Page, expect
from tests.support.alert_web import served
from tests.support.databases import a_term
from tests.support.page_desk import Desk
from tests.support.pages import live, picked, rows

from lethe.alert.log import SqlAlertLog

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_it_is_said_in_place_of_the_advice_and_in_the_list(serving: Desk, page: Page) -> None:
    await serving.alert("search-1")
    await page.goto(serving.url)
    await picked(page)
    await expect(page.get_by_text("A possible match, no identification")).to_be_visible()
    serving.web.withdraw(serving.reference.subject_id)
    await expect(page.get_by_text("Nobody is looked for under this name any more")).to_be_visible()
    await expect(page.get_by_text("A possible match, no identification")).to_have_count(0)
    await page.go_back()
    await expect(rows(page)).to_contain_text(["Withdrawn"])


async def test_an_alert_that_is_there_no_more_leaves_the_page_with_the_next_leader(
    desk: Desk, page: Page
) -> None:
    async with served(desk.web.app(desk.port), desk.port):
        first = await desk.alert("search-1")
        await desk.alert("search-2", camera_id="exit")
        await page.goto(desk.url)
        await live(page)
        await expect(rows(page)).to_have_count(2)
        await picked(page, "entrance")
        # As far as the log says, a crash came between its being shown and its publication.
        await SqlAlertLog(await a_term(desk.web.database)).take_back(first)
        led = desk.web.hub
        await desk.web.restart()
        led.close()
    async with served(desk.web.app(desk.port), desk.port):
        await expect(rows(page)).to_have_count(1)
        await expect(rows(page)).to_contain_text(["exit"])
        await expect(page.locator("#panel")).to_be_hidden()
