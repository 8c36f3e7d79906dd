"""When somebody was seen is shown where the order has that kept, and goes with the alert."""

import re

import pytest
from playwright.async_api import Page, expect
from tests.support.alert_desk import candidates_found
from tests.support.alert_web import served
from tests.support.page_desk import FACE, Desk, present
from tests.support.pages import live, picked

from lethe.alert.alerts import AlertTerms
from lethe.contracts.adjudication import Verdict

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEEPS = AlertTerms(keeps_sightings=True)


async def seen_again(desk: Desk, search_id: str) -> None:
    """Let the same camera see the listed person once more."""
    subject_id = desk.reference.subject_id
    found = candidates_found(search_id, captured=present(), subject_id=subject_id)
    assert await desk.web.desk.receive(found, FACE, KEEPS) is None


async def test_each_time_is_in_the_list_as_it_comes_and_none_once_it_is_decided_to_be_false(
    desk: Desk, page: Page
) -> None:
    await desk.web.restart(cool_down_s=60)
    async with served(desk.web.app(desk.port), desk.port):
        alert = await desk.alert("search-1", KEEPS)
        await page.goto(desk.url)
        await picked(page)
        times = page.get_by_role("list", name="Seen").get_by_role("listitem")
        await expect(times).to_have_count(1)
        await seen_again(desk, "search-2")
        await expect(times).to_have_text([re.compile(r"^\d\d:\d\d:\d\d, entrance$")] * 2)
        await desk.judge(alert, Verdict.FALSE_ALERT)
        await expect(page.get_by_text("This alert is erased")).to_be_visible()
        await expect(page.get_by_role("list", name="Seen")).to_have_count(0)


async def test_without_a_word_in_the_order_there_is_no_such_list(desk: Desk, page: Page) -> None:
    async with served(desk.web.app(desk.port), desk.port):
        await page.goto(desk.url)
        await live(page)
        await desk.alert("search-1")
        await expect(page.get_by_text("once", exact=True)).to_be_visible()
        await expect(page.get_by_role("list", name="Seen")).to_have_count(0)
