"""A page that hears nothing hides whom it shows: nobody could tell it that they are erased."""

import asyncio

import pytest
from playwright.async_api import Page, Route, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_sampling import enrolled
from tests.browser.test_the_desk import desk_of
from tests.support.alert_web import served
from tests.support.page_desk import Desk
from tests.support.pages import live, picked, probe, rows, stop_time

from lethe.alert.alerts import AlertTerms
from lethe.alert.identity.principal import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR = AlertTerms(retention_hours=1)
TOLD = "Not connected for 2 minutes: hidden until connected again."
NAMES = ("Eileen", "Northtown", "warrant", "0.83", "towards the camera")
LONGEST_WAIT_MS = 15_000


async def lost(page: Page) -> None:
    await expect(page.get_by_text("alerts don't reach you")).to_be_visible()


async def names_nobody(page: Page) -> None:
    await expect(page.locator("canvas")).to_have_count(0)
    held = await page.locator("body").text_content() or ""
    assert [each for each in NAMES if each in held] == []


async def leave(page: Page, kind: str) -> None:
    """Let a page think that its browser puts it away or brings it back, as on a phone."""
    await page.evaluate(
        "kind => window.dispatchEvent(new PageTransitionEvent(kind, { persisted: true }))", kind
    )


async def test_after_two_minutes_offline_nobody_is_shown_and_comes_again_when_that_is_confirmed(
    desk: Desk, page: Page
) -> None:
    app = desk.web.app(desk.port)
    await stop_time(page)
    async with served(app, desk.port):
        await desk.alert("search-1", camera_id="camera-1")
        await desk.alert("search-2", camera_id="camera-2")
        await page.goto(desk.url)
        await live(page)
        await picked(page, "camera-1")
        canvas = await probe(page).element_handle()
        assert canvas is not None
        await expect(page.get_by_text("failed to appear at Northtown court")).to_be_visible()
    await lost(page)
    # No more than a moment in a tunnel.
    await page.clock.fast_forward(110_000)
    await expect(page.locator("#lost-age")).to_contain_text("1 min")
    await expect(probe(page)).to_be_visible()
    await expect(page.get_by_text(TOLD)).to_be_hidden()

    await page.clock.fast_forward(15_000)

    await expect(page.get_by_text(TOLD)).to_be_visible()
    await expect(rows(page)).to_have_count(0)
    await expect(page.get_by_text("Hidden until this page is connected again.")).to_be_visible()
    await names_nobody(page)
    assert await canvas.evaluate("canvas => canvas.width * canvas.height") == 0

    async with served(app, desk.port):
        await page.clock.fast_forward(LONGEST_WAIT_MS)
        await live(page)
        await expect(page.get_by_text(TOLD)).to_be_hidden()
        # The alert that somebody was at, too.
        await expect(page.get_by_role("definition").filter(has_text="camera-1")).to_be_visible()
        await expect(probe(page)).to_be_visible()
        await page.go_back()
        await expect(page.get_by_role("heading", name="Alerts")).to_be_visible()
        await expect(rows(page)).to_have_count(2)
        await expect(rows(page).get_by_text("Late", exact=True).filter(visible=True)).to_have_count(
            0
        )


async def test_what_was_erased_meanwhile_does_not_come_again(desk: Desk, page: Page) -> None:
    app = desk.web.app(desk.port)
    await stop_time(page)
    async with served(app, desk.port):
        await desk.alert("search-1", HOUR)
        await page.goto(desk.url)
        await live(page)
        await picked(page)
    await lost(page)
    await page.clock.fast_forward(125_000)
    await expect(page.get_by_text(TOLD)).to_be_visible()
    await desk.erase_all()
    async with served(app, desk.port):
        await page.clock.fast_forward(LONGEST_WAIT_MS)
        await live(page)
        await expect(page.get_by_role("heading", name="This alert is erased")).to_be_visible()
        await names_nobody(page)


async def test_whoever_was_at_an_old_alert_goes_on_with_it_and_sees_every_open_one(
    desk: Desk, page: Page
) -> None:
    app = desk.web.app(desk.port)
    await stop_time(page)
    async with served(app, desk.port):
        for number in range(3):
            await desk.alert(f"search-{number}", camera_id=f"camera-{number}")
        await page.goto(desk.url)
        await live(page)
        await picked(page, "camera-0")
    await lost(page)
    await page.clock.fast_forward(125_000)
    await expect(page.get_by_text(TOLD)).to_be_visible()
    # More than a page begins with came while the phone slept.
    for number in range(3, 120):
        await desk.alert(f"search-{number}", camera_id=f"camera-{number}")
    async with served(app, desk.port):
        await page.clock.fast_forward(LONGEST_WAIT_MS)
        await live(page)
        await expect(page.get_by_role("definition").filter(has_text="camera-0")).to_be_visible()
        await expect(probe(page)).to_be_visible()
        await page.go_back()
        await expect(page.locator("#open-count")).to_have_text("120 open of 120")


@pytest.mark.parametrize("kind", ["pagehide", "hidden"])
async def test_an_answer_that_comes_after_all_was_let_go_of_is_not_shown(
    desk: Desk, page: Page, kind: str
) -> None:
    app = desk.web.app(desk.port)
    await stop_time(page)
    held: asyncio.Queue[Route] = asyncio.Queue()
    async with served(app, desk.port):
        for number in range(101):
            await desk.alert(f"search-{number}", camera_id=f"camera-{number}")
        await page.route("**/alerts?before=*", held.put)
        await page.goto(desk.url)
        await live(page)
        route = await held.get()
        answer = await route.fetch()
    if kind == "pagehide":
        await leave(page, kind)
    else:
        await lost(page)
        await page.clock.fast_forward(125_000)
        await expect(page.get_by_text(TOLD)).to_be_visible()
    async with page.expect_response("**/alerts?before=*") as answered:
        await route.fulfill(response=answer)
    await (await answered.value).finished()
    await page.evaluate(
        "new Promise((resolve) => fetch('/static/lethe.svg').then(resolve, resolve))"
    )
    await names_nobody(page)
    await expect(rows(page)).to_have_count(0)


async def test_the_desk_hides_its_table_as_well(desk: Desk, new_page: OpenPage) -> None:
    page = await new_page(1440, 900)
    app = desk.web.app(desk.port)
    await stop_time(page)
    row = page.get_by_role("button", name="Eileen Collins")
    async with served(app, desk.port):
        await desk.alert("search-1")
        await page.goto(desk_of(desk, Role.OPERATOR))
        await live(page)
        await row.click()
        await expect(probe(page)).to_be_visible()
    await lost(page)
    await page.clock.fast_forward(125_000)
    await expect(page.get_by_text("Hidden until this page is connected again.")).to_be_visible()
    await names_nobody(page)
    async with served(app, desk.port):
        await page.clock.fast_forward(LONGEST_WAIT_MS)
        await live(page)
        await expect(row).to_be_visible()
        await expect(probe(page)).to_be_visible()


async def test_a_subject_of_a_sample_is_hidden_too(desk: Desk, new_page: OpenPage) -> None:
    await enrolled(desk)
    page = await new_page(1440, 900)
    await stop_time(page)
    async with served(desk.web.app(desk.port), desk.port):
        await page.goto(desk_of(desk, Role.SUPERVISOR))
        await live(page)
        await page.get_by_role("button", name="Read them").click()
        await page.get_by_role("button", name="Sample of watchlist-1").click()
        await page.get_by_label("Subjects in the sample").fill("2")
        await page.get_by_role("button", name="Draw").click()
        await page.get_by_role("button", name=f"Look at {desk.reference.subject_id}").click()
        await expect(page.get_by_role("img", name="Image 1 of the subject")).to_be_visible()
    await lost(page)
    await page.clock.fast_forward(125_000)
    await expect(page.get_by_text(TOLD)).to_be_visible()
    await names_nobody(page)


async def test_a_page_that_slept_shows_nobody_when_it_wakes(serving: Desk, page: Page) -> None:
    await stop_time(page)
    await serving.alert("search-1")
    await page.goto(serving.url)
    await live(page)
    await picked(page)
    # Not one of its timers was due while the machine was asleep: only the clock went on.
    later = await page.evaluate("Date.now() + 3_600_000")
    await page.clock.set_system_time(later / 1000)
    await expect(probe(page)).to_be_visible()
    told = await page.evaluate(
        """() => {
            document.dispatchEvent(new Event("visibilitychange"));
            return [document.body.innerText, document.querySelectorAll("canvas").length];
        }"""
    )
    assert TOLD in told[0]
    assert [each for each in NAMES if each in told[0]] == []
    assert told[1] == 0
    await live(page)
    await expect(probe(page)).to_be_visible()
    await expect(page.get_by_text(TOLD)).to_be_hidden()


async def test_a_page_that_is_left_keeps_nobody_and_begins_anew_when_it_is_brought_back(
    serving: Desk, page: Page
) -> None:
    await serving.alert("search-1")
    await page.goto(serving.url)
    await live(page)
    await picked(page)
    await leave(page, "pagehide")
    await names_nobody(page)
    await expect(rows(page)).to_have_count(0)
    async with page.expect_navigation():
        await leave(page, "pageshow")
    await live(page)
    await expect(rows(page)).to_have_count(1)
