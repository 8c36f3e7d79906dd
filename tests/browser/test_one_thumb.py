"""On a phone the next step is under a thumb, and never one that wasn't there a moment ago."""

import pytest
from playwright.async_api import Locator, Page, Request, expect
from tests.support.page_desk import Desk
from tests.support.pages import live, picked, stop_time

from lethe.alert.identity.principal import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDTH, HEIGHT = 390, 844  # as `page` has it
A_THUMB = 44
YES = "Yes: a true alert"


async def under_a_thumb(button: Locator) -> None:
    """Check that a button lies in the lowest third of the screen, whole, and is tall enough."""
    await expect(button).to_be_visible()
    box = await button.bounding_box()
    assert box is not None
    assert box["height"] >= A_THUMB
    assert box["y"] >= HEIGHT * 2 / 3
    assert box["y"] + box["height"] <= HEIGHT
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= WIDTH


async def test_every_next_step_lies_in_the_lowest_third(serving: Desk, page: Page) -> None:
    await serving.alert("search-1")
    await page.goto(serving.url_of("Ames", Role.ENGAGEMENT_OFFICER))
    await picked(page)
    next_step = page.locator(".actions .first")
    for name in ("Acknowledge", "I'm going"):
        await expect(next_step).to_have_text(name)
        await under_a_thumb(next_step)
        # The one beside it, too.
        await under_a_thumb(page.get_by_role("button", name="Decide"))
        await next_step.click()
    await expect(next_step).to_have_text("Decide")
    await under_a_thumb(next_step)
    await next_step.click()
    sheet = page.get_by_role("dialog")
    for name in ("Record", "Back"):
        await under_a_thumb(sheet.get_by_role("button", name=name))
    await sheet.get_by_text(YES).click()
    await sheet.get_by_text("Yes", exact=True).click()
    await under_a_thumb(sheet.get_by_role("button", name="Record"))
    await sheet.get_by_role("button", name="Record").click()
    await expect(next_step).to_have_text("Change the decision")
    await under_a_thumb(next_step)


async def test_an_alert_that_came_by_itself_answers_no_thumb_that_was_on_its_way(
    serving: Desk, page: Page
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and "/alerts/" in request.url:
            asked.append(request.url.rpartition("/")[2])

    page.on("request", note)
    await stop_time(page)
    await page.goto(serving.url_of("Ames", Role.ENGAGEMENT_OFFICER))
    await live(page)
    await serving.alert("search-1")
    acknowledge = page.get_by_role("button", name="Acknowledge", include_hidden=True)
    await expect(acknowledge).to_be_visible()
    bar = page.locator(".actions")
    box = await acknowledge.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(2):
        await expect(bar).to_have_js_property("inert", True)
        await page.mouse.click(*middle)
        await page.clock.fast_forward(300)
    await page.clock.fast_forward(150)
    await expect(bar).to_have_js_property("inert", False)
    await expect(page.get_by_text("Acknowledged by")).to_have_count(0)
    assert asked == []
    await page.mouse.click(*middle)
    await expect(page.get_by_text("Acknowledged by Ames")).to_be_visible()
    assert asked == ["acknowledgement"]


async def test_who_opens_an_alert_themselves_waits_for_nothing(serving: Desk, page: Page) -> None:
    await serving.alert("search-1")
    await stop_time(page)
    await page.goto(serving.url_of("Ames", Role.ENGAGEMENT_OFFICER))
    await live(page)
    await picked(page)
    await expect(page.locator(".actions")).to_have_js_property("inert", False)
    await page.get_by_role("button", name="Acknowledge").click()
    await expect(page.get_by_text("Acknowledged by Ames")).to_be_visible()
