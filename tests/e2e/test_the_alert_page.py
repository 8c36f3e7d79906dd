"""The officers' page in a real browser, on real routes and a real database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, WebSocketRoute, expect
from tests.support.alert_desk import candidates_found
from tests.support.alert_web import alert_web, free_port, served
from tests.support.browser import chromium
from tests.support.page_desk import FACE, PORTRAIT, Desk, present
from tests.support.watchlists import details, pictured

from lethe.alert.alerts import AlertTerms
from lethe.contracts.live import Candidate

# One browser for all: starting it takes longer than most of these tests.
pytestmark = pytest.mark.asyncio(loop_scope="module")

WAIT_MS = 20_000
expect.set_options(timeout=WAIT_MS)


@pytest_asyncio.fixture(loop_scope="module")
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with alert_web(tmp_path, now=present) as web:
        added = await pictured(web.watchlists, "Eileen Collins", PORTRAIT)
        yield Desk(web, added, free_port())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    page = await browser.new_page(viewport={"width": 1100, "height": 800})
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    yield page
    await page.close()
    assert faults == []


async def _cameras(page: Page) -> list[str]:
    return await page.locator("#alerts article dd:nth-of-type(1)").all_inner_texts()


async def test_an_alert_appears_by_itself_with_both_pictures_and_leaves_the_decision_open(
    desk: Desk, page: Page
) -> None:
    other = Candidate(subject_id="Ada", reference_id="r", score=0.62, cosine=0.51)
    async with served(desk.web.app(desk.port), desk.port):
        await page.goto(desk.url)
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()
        await expect(page.get_by_text("No alerts so far")).to_be_visible()

        await desk.alert("search-1", others=(other,))

        card = page.get_by_role("article", name="Eileen Collins")
        await expect(card).to_be_visible()
        await expect(page.get_by_text("No alerts so far")).to_be_hidden()
        for name, side in (
            ("Face seen by camera entrance", 160),
            ("Watchlist image of Eileen Collins", 340),
        ):
            picture = card.get_by_role("img", name=name)
            await expect(picture).to_be_visible()
            await expect(picture).to_have_js_property("naturalWidth", side)
        await expect(card.get_by_text("A possible match. You decide.")).to_be_visible()
        await expect(card).to_contain_text("0.83 threshold 0.60 · cosine 0.61")
        await expect(card).to_contain_text("Ada (0.62)")
        await expect(page.get_by_text("not an authorised deployment")).to_be_visible()
        await expect(page.locator("#announcer")).to_have_text(
            "Possible match with Eileen Collins at camera entrance. You decide."
        )


async def test_after_a_cut_connection_what_was_missed_comes_once_and_is_marked_late(
    desk: Desk, page: Page
) -> None:
    app = desk.web.app(desk.port)
    async with served(app, desk.port):
        await desk.alert("search-1", camera_id="camera-1")
        await page.goto(desk.url)
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()
        await desk.alert("search-2", camera_id="camera-2")
        await expect(page.get_by_role("article")).to_have_count(2)
    await expect(page.get_by_text("Connection lost")).to_be_visible()

    await desk.alert("search-3", camera_id="camera-3")
    async with served(app, desk.port):
        await expect(page.get_by_role("article")).to_have_count(3)
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()
        await desk.alert("search-4", camera_id="camera-4")
        await expect(page.get_by_role("article")).to_have_count(4)

        assert await _cameras(page) == ["camera-4", "camera-3", "camera-2", "camera-1"]
        late = page.get_by_role("article").filter(has=page.locator(".late"))
        await expect(late).to_have_count(1)
        await expect(late).to_contain_text("camera-3")


async def test_a_page_goes_on_at_the_next_leader_where_it_stopped(desk: Desk, page: Page) -> None:
    async with served(desk.web.app(desk.port), desk.port):
        await page.goto(desk.url)
        await desk.alert("search-1", AlertTerms(retention_hours=1), camera_id="camera-1")
        await expect(page.get_by_role("article")).to_have_count(1)
    # While none leads its retention ends: no page hears of it.
    now = present()
    await desk.web.desk.erase_due(now.shifted_to(now.boot_us + 3_600_000_000))
    await desk.alert("search-2", camera_id="camera-2")
    await desk.web.restart()
    async with served(desk.web.app(desk.port), desk.port):
        await expect(page.get_by_role("article")).to_have_count(2)
        assert await _cameras(page) == ["camera-2", "camera-1"]
        await expect(page.get_by_text("Erased", exact=True)).to_have_count(2)
        await expect(page.locator("#notice")).to_be_hidden()


async def test_a_page_whose_service_comes_back_with_another_log_begins_anew(
    desk: Desk, page: Page
) -> None:
    async with served(desk.web.app(desk.port), desk.port):
        await page.goto(desk.url)
        await desk.alert("search-1", camera_id="camera-1")
        await expect(page.get_by_role("article")).to_have_count(1)
    await desk.web.restart()
    desk.web.hub.log_id = "that of another database"
    async with served(desk.web.app(desk.port), desk.port):
        await desk.alert("search-2", camera_id="camera-2")
        await expect(page.get_by_role("article")).to_have_count(2)
        assert await _cameras(page) == ["camera-2", "camera-1"]
        await expect(page.get_by_text("The alert service was started again")).to_be_visible()


async def test_a_message_that_comes_twice_is_shown_once(desk: Desk, page: Page) -> None:
    def repeat(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def send_twice(message: str | bytes) -> None:
            socket.send(message)
            socket.send(message)

        server.on_message(send_twice)

    await page.route_web_socket("**/stream", repeat)
    async with served(desk.web.app(desk.port), desk.port):
        await desk.alert("search-1", camera_id="camera-1")
        await page.goto(desk.url)
        await desk.alert("search-2", camera_id="camera-2")
        await expect(page.get_by_role("article")).to_have_count(2)
        assert await _cameras(page) == ["camera-2", "camera-1"]


async def test_a_further_sighting_is_counted_on_the_alert_that_is_there(
    desk: Desk, page: Page
) -> None:
    await desk.web.restart(cool_down_s=60)
    async with served(desk.web.app(desk.port), desk.port):
        await page.goto(desk.url)
        await desk.alert("search-1")
        await expect(page.get_by_role("article")).to_contain_text("once")
        found = candidates_found(
            "search-2", captured=present(), subject_id=desk.reference.subject_id
        )
        assert await desk.web.desk.receive(found, FACE) is None
        await expect(page.get_by_role("article")).to_contain_text("2 times, last at")
        await expect(page.get_by_role("article")).to_have_count(1)


async def test_the_pictures_of_an_erased_alert_leave_the_page(desk: Desk, page: Page) -> None:
    async with served(desk.web.app(desk.port), desk.port):
        await page.goto(desk.url)
        await desk.alert("search-1", AlertTerms(retention_hours=1))
        await expect(page.get_by_role("img", name="Face seen")).to_be_visible()
        now = present()
        await desk.web.desk.erase_due(now.shifted_to(now.boot_us + 3_600_000_000))
        await expect(page.get_by_text("Erased", exact=True)).to_have_count(2)
        await expect(page.get_by_role("article").get_by_role("img")).to_have_count(0)


async def test_a_false_alert_is_decided_on_and_blanked_on_every_page(
    desk: Desk, page: Page, browser: Browser
) -> None:
    other = await browser.new_page()
    async with served(desk.web.app(desk.port), desk.port):
        await desk.alert("search-1")
        for each in (page, other):
            await each.goto(desk.url)
            await expect(each.get_by_role("img", name="Face seen")).to_be_visible()

        await page.get_by_role("button", name="False alert").click()
        await page.get_by_role("button", name="Keep it").click()
        await expect(page.get_by_role("img", name="Face seen")).to_be_visible()

        await page.get_by_label("after an engagement").check()
        await page.get_by_role("button", name="False alert").click()
        await page.get_by_role("button", name="Erase it").click()
        for each in (page, other):
            await expect(each.get_by_text("Erased", exact=True)).to_have_count(2)
            await expect(each.get_by_text("False alert, confirmed, says Ames.")).to_be_visible()
            await expect(each.get_by_role("article").get_by_role("button")).to_have_count(0)
    await other.close()


async def test_a_true_alert_is_told_and_keeps_its_pictures(desk: Desk, page: Page) -> None:
    async with served(desk.web.app(desk.port), desk.port):
        await desk.alert("search-1")
        await page.goto(desk.url)
        await page.get_by_role("button", name="True alert").click()
        await expect(page.get_by_text("True alert, unconfirmed, says Ames.")).to_be_visible()
        await expect(page.get_by_role("img", name="Face seen")).to_be_visible()
        await page.reload()
        await expect(page.get_by_text("True alert, unconfirmed, says Ames.")).to_be_visible()


async def test_a_blind_deployment_is_said_on_the_page(desk: Desk, page: Page) -> None:
    desk.web.status.now = replace(desk.web.status.now, blind="match doesn't answer")
    async with served(desk.web.app(desk.port), desk.port):
        await page.goto(desk.url)
        await expect(page.get_by_role("alert")).to_have_text(
            "No searches take place: match doesn't answer"
        )


async def test_a_name_with_markup_stays_text(desk: Desk, page: Page) -> None:
    name = "<img src=x onerror=alert(1)>"
    subject_id = desk.reference.subject_id
    await desk.web.watchlists.subjects.edit("watchlist-1", subject_id, details(name), revision=1)
    async with served(desk.web.app(desk.port), desk.port):
        await page.goto(desk.url)
        await desk.alert("search-1")
        await expect(page.get_by_role("heading", name=name)).to_be_visible()


@pytest.mark.parametrize("width", [360, 1100])
async def test_the_page_fits_its_window(desk: Desk, page: Page, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    async with served(desk.web.app(desk.port), desk.port):
        await desk.alert("search-1", camera_id="a-camera-with-a-long-name-and-no-break" * 3)
        await page.goto(desk.url)
        await expect(page.get_by_role("article")).to_be_visible()
        content_width = await page.evaluate("document.documentElement.scrollWidth")
        assert content_width <= width
