"""Whoever isn't signed in is asked to, sees nothing else, and gets in however they bring a code."""

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.support.page_desk import Desk
from tests.support.pages import live

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def signed_out(serving: Desk, page: Page, path: str = "") -> None:
    await page.goto(f"http://127.0.0.1:{serving.port}/{path}")
    await expect(page.get_by_label("Sign-in code or token")).to_be_focused()


@pytest.mark.parametrize("path", ["", "desk", "audit"])
@pytest.mark.parametrize("width", [320, 1440])
async def test_a_signed_out_page_asks_for_a_code_and_shows_nothing_else(
    serving: Desk, new_page: OpenPage, path: str, width: int
) -> None:
    page = await new_page(width, 900)
    await signed_out(serving, page, path)
    await expect(page.locator("#connection-state")).to_have_text("Signed out")
    asked = page.locator("#sign-in").get_by_role("alert")
    await expect(asked).to_contain_text("that the command “lethe sign-in” prints")
    await expect(page.locator("main").get_by_role("button")).to_have_count(1)
    for kind in ("heading", "list", "table"):
        await expect(page.locator("main").get_by_role(kind)).to_have_count(0)
    for field in (page.get_by_label("Sign-in code"), page.get_by_role("button", name="Sign in")):
        box = await field.bounding_box()
        assert box
        assert box["width"] <= 560
    assert await violations(page) == []


async def test_an_address_with_a_code_signs_in_a_tab_that_is_there_already(
    serving: Desk, page: Page
) -> None:
    await signed_out(serving, page)
    await page.evaluate("address => { location.href = address }", serving.url)
    await live(page)
    assert "sign-in" not in page.url
    await expect(page.get_by_role("heading", name="Alerts")).to_be_visible()
    # Nor does one stay in the address of a tab that is signed in.
    await page.evaluate("address => { location.href = address }", serving.url)
    await page.wait_for_url(lambda url: "sign-in" not in url)
    await live(page)


@pytest.mark.parametrize("is_whole", [True, False])
async def test_a_code_may_be_pasted_with_or_without_its_address(
    serving: Desk, page: Page, is_whole: bool
) -> None:
    await signed_out(serving, page)
    given = serving.url if is_whole else serving.url.partition("=")[2]
    await page.get_by_label("Sign-in code or token").fill(f" {given}\n")
    await page.get_by_role("button", name="Sign in").click()
    await live(page)
    await expect(page.locator("#sign-in")).to_be_hidden()
