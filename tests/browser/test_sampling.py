"""People draw a sample of a watchlist on the desk, look at each and say how they find it."""

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.browser.test_the_desk import desk_of
from tests.support.page_desk import PORTRAIT, Desk
from tests.support.pages import out_of_sight
from tests.support.watchlists import outcome, pictured

from lethe.alert.identity.principal import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def enrolled(desk: Desk) -> None:
    """Have two subjects that can be drawn."""
    book = desk.web.watchlists
    other = await pictured(book, "Sam Sample", PORTRAIT + b"\0")
    for each in (desk.reference, other):
        await book.record([outcome(each.reference_id, on="watchlist-1")])


async def sample(desk: Desk, new_page: OpenPage, role: Role, width: int = 1440) -> Page:
    page = await new_page(width, 900)
    await page.goto(desk_of(desk, role))
    await page.get_by_role("button", name="Read them").click()
    await page.get_by_role("button", name="Sample of watchlist-1").press("Enter")
    return page


async def told(page: Page, text: str) -> None:
    await expect(page.locator(".sample [role=status]")).to_contain_text(text)


@pytest.mark.parametrize("width", [320, 1440])
async def test_a_supervisor_draws_looks_and_says_how_each_is_found(
    serving: Desk, new_page: OpenPage, width: int
) -> None:
    await enrolled(serving)
    page = await sample(serving, new_page, Role.SUPERVISOR, width)
    await told(page, "0 of 2 subjects drawn: 0 found right, 0 wrong, 0 not checked.")
    await expect(page.get_by_role("button", name="Draw")).to_be_enabled()
    await page.get_by_label("Subjects in the sample").fill("2")
    await page.get_by_role("button", name="Draw").press("Enter")
    await told(page, "2 of 2 subjects drawn: 0 found right, 0 wrong, 2 not checked.")
    await expect(page.get_by_role("button", name="Draw")).to_be_disabled()
    for answer, next_told in (
        ("It is right", "1 found right, 0 wrong"),
        ("It is wrong", "1 found right, 1 wrong"),
    ):
        left = page.get_by_role("listitem").filter(has_text="not checked").first
        await left.get_by_role("button", name="Look at").press("Enter")
        await expect(page.get_by_role("img", name="Image 1 of the subject")).to_be_visible()
        await expect(page.locator(".looked")).to_contain_text("failed to appear at Northtown court")
        await expect(page.locator(".looked h5")).to_be_focused()
        assert await violations(page) == []
        await page.get_by_role("button", name=answer).press("Enter")
        await told(page, next_told)
        await expect(page.locator(".looked")).to_be_empty()
    # Whoever was looked at is told as in the records.
    for name in ("Eileen Collins", "Sam Sample"):
        one = page.get_by_role("listitem").filter(has_text=f"no. {name} (subject-")
        await expect(one.get_by_role("button", name=f"Look at no. {name}")).to_be_visible()
    found = await serving.web.samples.find("watchlist-1")
    assert sorted(check.has_passed for check in found.checks.values()) == [False, True]
    assert {check.checked_by for check in found.checks.values()} == {"Oakley"}
    # What was found wrong stays so until it is changed.
    wrong = page.get_by_role("listitem").filter(has_text="found wrong by Oakley")
    await wrong.get_by_role("button", name="Look at").click()
    await page.get_by_role("button", name="It is right").click()
    await expect(page.locator(".sample").get_by_role("alert")).to_contain_text("change it first")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_an_operator_sees_how_far_a_sample_has_come_and_changes_nothing(
    serving: Desk, new_page: OpenPage
) -> None:
    await enrolled(serving)
    await serving.web.samples.draw("watchlist-1", 1, "Sue")
    page = await sample(serving, new_page, Role.OPERATOR)
    await told(page, "1 of 2 subjects drawn")
    await page.get_by_role("button", name="Look at").click()
    await expect(page.get_by_role("img", name="Image 1 of the subject")).to_be_visible()
    for name in ("Draw", "It is right", "It is wrong"):
        await expect(page.get_by_role("button", name=name)).to_have_count(0)


async def test_who_was_looked_at_leaves_the_page_when_it_is_out_of_sight(
    serving: Desk, new_page: OpenPage
) -> None:
    await enrolled(serving)
    await serving.web.samples.draw("watchlist-1", 2, "Sue")
    page = await sample(serving, new_page, Role.SUPERVISOR)
    looks = page.get_by_role("button", name="Look at")
    await looks.first.click()
    image = page.get_by_role("img", name="Image 1 of the subject")
    first = await image.element_handle()
    assert first is not None
    await looks.last.click()
    await expect(page.locator(".looked h5")).to_have_count(1)
    await page.wait_for_function("canvas => canvas.width === 0", arg=first)
    await expect(image).to_be_visible()
    second = await image.element_handle()
    assert second is not None
    await out_of_sight(page)
    await expect(page.locator(".looked")).to_be_empty()
    assert await second.evaluate("canvas => canvas.width") == 0
