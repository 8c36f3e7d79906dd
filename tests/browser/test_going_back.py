"""A page that a real browser keeps for its back button keeps nobody, and begins anew."""

import json

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import PATIENCE_MS
from tests.browser.test_the_desk import desk_of
from tests.support.browser import chromium
from tests.support.page_desk import Desk
from tests.support.pages import live, probe

from lethe.alert.alerts import AlertTerms
from lethe.alert.identity.principal import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR = AlertTerms(retention_hours=1)
# Within the page that was left: whether it is that one, and what it holds when it is brought back.
BROUGHT_BACK = """() => addEventListener("pageshow", ({ persisted }) => {
    const held = document.body.textContent;
    const named = ["Eileen", "warrant", "Northtown"].filter((each) => held.includes(each));
    const pictures = document.querySelectorAll("canvas, #alerts > *").length;
    sessionStorage.setItem("test", JSON.stringify({ persisted, named, pictures }));
})"""
NOBODY = {"persisted": True, "named": [], "pictures": 0}


async def gone_back(page: Page, desk: Desk) -> None:
    """Leave a page as a link does, and come back to it from the browser's cache."""
    await page.evaluate(BROUGHT_BACK)
    await page.goto(f"http://127.0.0.1:{desk.port}/api/v1/openapi.json")
    await desk.erase_all()
    async with page.expect_navigation(url=lambda url: "openapi" not in url):
        await page.evaluate("history.back()")
    await page.wait_for_function("sessionStorage.getItem('test') !== null")
    assert json.loads(await page.evaluate("sessionStorage.getItem('test')")) == NOBODY


@pytest.mark.parametrize("path", ["/", "/desk"])
async def test_a_page_that_is_brought_back_holds_nobody_and_tells_what_is_now(
    serving: Desk, path: str
) -> None:
    await serving.alert("search-1", HOUR, camera_id="camera-1")
    await serving.alert("search-2", camera_id="camera-2")
    address = serving.url if path == "/" else desk_of(serving, Role.OPERATOR)
    async with chromium(keeps_pages=True) as browser:
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(address)
        await live(page)
        await page.locator("#alerts").get_by_role("button").last.click()
        await expect(probe(page)).to_be_visible()
        await gone_back(page, serving)
        # Loaded anew: what was erased while it was kept has no name, and the other one has.
        await live(page)
        rows = page.locator("#alerts > *")
        await expect(rows).to_have_count(2)
        await expect(rows.first).to_contain_text("Eileen")
        await expect(rows.last).to_contain_text("Erased")
        await expect(rows.last).not_to_contain_text("Eileen")
        await expect(page.locator("canvas")).to_have_count(0)
