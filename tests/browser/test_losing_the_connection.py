"""What an officer sees while alerts can't arrive, and what comes afterwards."""

import json

import pytest
from playwright.async_api import Locator, Page, WebSocketRoute, expect
from tests.support.alert_web import served
from tests.support.page_desk import Desk
from tests.support.pages import cameras, live, picked, probe, rows, stop_time

from lethe.alert.alerts import AlertTerms

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_was_missed_comes_once_is_marked_late_and_takes_no_screen(
    desk: Desk, page: Page
) -> None:
    app = desk.web.app(desk.port)
    async with served(app, desk.port):
        await desk.alert("search-1", camera_id="camera-1")
        await page.goto(desk.url)
        await live(page)
        await desk.alert("search-2", camera_id="camera-2")
        await expect(probe(page)).to_be_visible()
        await page.go_back()
    await expect(page.get_by_text("alerts don't reach you")).to_be_visible()

    await desk.alert("search-3", camera_id="camera-3")
    async with served(app, desk.port):
        await expect(rows(page)).to_have_count(3)
        await live(page)
        await expect(page.get_by_text("alerts don't reach you")).to_be_hidden()
        await expect(late(page)).to_contain_text(["camera-3"])
        await expect(page.locator("#announcer")).to_contain_text("Late. Possible match")
        await desk.alert("search-4", camera_id="camera-4")
        await expect(rows(page)).to_have_count(4)
        assert await cameras(page) == ["camera-4", "camera-3", "camera-2", "camera-1"]


def late(page: Page) -> Locator:
    """Return the alerts in the list that are marked late."""
    return rows(page).filter(has=page.get_by_text("Late", exact=True).filter(visible=True))


async def test_what_was_raised_while_a_tab_was_reloaded_or_signed_out_is_late(
    serving: Desk, page: Page
) -> None:
    await serving.alert("search-1", camera_id="camera-1")
    await page.goto(serving.url)
    await live(page)
    await expect(rows(page)).to_have_count(1)
    await expect(late(page)).to_have_count(0)
    await serving.alert("search-2", camera_id="camera-2")
    await expect(rows(page)).to_have_count(2)

    await page.goto("about:blank")
    await serving.alert("search-3", camera_id="camera-3")
    await page.goto(f"http://127.0.0.1:{serving.port}/")
    await live(page)
    await expect(late(page)).to_contain_text(["camera-3"])
    await expect(page.locator("#announcer")).to_contain_text("Late. Possible match")

    # As where a session ended by itself.
    await page.context.clear_cookies()
    await page.reload()
    await serving.alert("search-4", camera_id="camera-4")
    await signs_in(page, serving, "Ames")
    await expect(rows(page)).to_have_count(4)
    # Whoever signed in has been shown the third before.
    await expect(late(page)).to_contain_text(["camera-4"])
    kept = await stored(page)
    told = {"log": serving.web.hub.log_id, "who": "Ames", "sequence": 4}
    assert json.loads(kept.pop("lethe-reached")) == told
    assert kept == {}


async def test_how_far_somebody_was_told_says_nothing_to_whoever_has_the_phone_next(
    serving: Desk, page: Page
) -> None:
    await serving.alert("search-1", camera_id="camera-1")
    await page.goto(serving.url)
    await live(page)
    await expect(rows(page)).to_have_count(1)
    await page.context.clear_cookies()
    await page.reload()
    await serving.alert("search-2", camera_id="camera-2")
    await signs_in(page, serving, "Birch")
    await expect(rows(page)).to_have_count(2)
    await expect(late(page)).to_have_count(0)

    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert await stored(page) == {}
    await serving.alert("search-3", camera_id="camera-3")
    await signs_in(page, serving, "Birch")
    await expect(rows(page)).to_have_count(3)
    await expect(late(page)).to_have_count(0)


async def signs_in(page: Page, desk: Desk, who: str) -> None:
    await page.get_by_label("Sign-in code or token").fill(desk.web.issuer.token(sub=who))
    await page.get_by_role("button", name="Sign in").click()
    await live(page)


async def stored(page: Page) -> dict[str, str]:
    """Return what the tab keeps beyond the page."""
    kept: dict[str, str] = json.loads(
        await page.evaluate("JSON.stringify({ ...sessionStorage, ...localStorage })")
    )
    return kept


async def test_an_open_alert_says_how_old_it_is_and_whether_it_came_late(
    serving: Desk, page: Page
) -> None:
    await stop_time(page)
    await serving.alert("search-1", camera_id="camera-1", age_s=320)
    await page.goto(serving.url)
    await live(page)
    when = page.locator("#panel-when")
    await picked(page, "camera-1")
    await expect(when).to_have_text("5 min ago", use_inner_text=True)
    await page.clock.fast_forward(61_000)
    await expect(when).to_have_text("6 min ago", use_inner_text=True)
    await page.goto("about:blank")
    await serving.alert("search-2", camera_id="camera-2", age_s=200)
    await page.goto(f"http://127.0.0.1:{serving.port}/")
    await live(page)
    await picked(page, "camera-2")
    await expect(when).to_have_text("Late 3 min ago", use_inner_text=True)


async def test_a_tab_that_is_new_or_of_another_log_says_of_nothing_that_it_is_late(
    desk: Desk, page: Page
) -> None:
    async with served(desk.web.app(desk.port), desk.port):
        await page.goto(desk.url)
        await live(page)
    await page.goto("about:blank")
    await desk.web.restart()
    desk.web.hub.log_id = "that of another database"
    async with served(desk.web.app(desk.port), desk.port):
        await desk.alert("search-1")
        await page.goto(desk.url)
        await live(page)
        await expect(rows(page)).to_have_count(1)
        await expect(late(page)).to_have_count(0)


async def test_earlier_alerts_that_were_missed_are_late_too(serving: Desk, page: Page) -> None:
    await serving.alert("search-0", camera_id="camera-0")
    await page.goto(serving.url)
    await live(page)
    await expect(rows(page)).to_have_count(1)
    await page.goto("about:blank")
    for number in range(1, 104):
        await serving.alert(f"search-{number}", camera_id=f"camera-{number}")
    await page.goto(f"http://127.0.0.1:{serving.port}/")
    await expect(rows(page)).to_have_count(104)
    await expect(late(page)).to_have_count(103)
    await expect(rows(page).last).to_contain_text("camera-0")


async def test_the_cameras_stay_as_they_were_and_say_how_old_that_is(
    desk: Desk, page: Page
) -> None:
    await page.clock.install()
    shown = page.get_by_role("list", name="Cameras")
    async with served(desk.web.app(desk.port), desk.port):
        await page.goto(desk.url)
        await live(page)
        await expect(shown).to_have_text("entrance live")
    await expect(page.get_by_text("alerts don't reach you")).to_be_visible()
    await page.clock.fast_forward(90_000)
    await expect(page.get_by_text("Cameras as they were 1 min ago")).to_be_visible()
    await expect(shown).to_have_text("entrance live")
    async with served(desk.web.app(desk.port), desk.port):
        await page.clock.fast_forward(20_000)
        await live(page)
        await expect(page.get_by_text("Cameras as they were")).to_be_hidden()


async def test_a_connection_on_which_nothing_is_heard_is_said_to_be_quiet_and_then_lost(
    serving: Desk, page: Page
) -> None:
    muted = False
    opened = 0

    def mute(socket: WebSocketRoute) -> None:
        nonlocal opened
        opened += 1
        server = socket.connect_to_server()
        server.on_message(lambda message: None if muted else socket.send(message))

    await stop_time(page)
    await page.route_web_socket("**/stream", mute)
    await page.goto(serving.url)
    await live(page)
    muted = True
    await page.clock.fast_forward(10_000)
    await expect(page.locator("#heard")).to_have_text("heard 10 s ago")
    await expect(page.locator("#connection-state")).to_have_text("Live")
    await page.clock.fast_forward(10_000)
    await expect(page.locator("#connection-state")).to_have_text("Nothing heard")
    await page.clock.fast_forward(11_000)
    await expect(page.get_by_text("alerts don't reach you")).to_be_visible()
    muted = False
    await page.clock.fast_forward(5_000)
    await live(page)
    assert opened > 1


async def test_on_a_slow_network_an_alert_comes_with_its_pictures_and_is_acknowledged(
    serving: Desk, page: Page
) -> None:
    network = await page.context.new_cdp_session(page)
    await network.send("Network.enable")
    slow = {"latency": 300, "downloadThroughput": 100_000, "uploadThroughput": 20_000}
    await network.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    await page.goto(serving.url)
    await live(page)
    await serving.alert("search-1")
    # Who it may be is there before the pictures are.
    await expect(page.get_by_role("heading", name="Eileen Collins")).to_be_visible()
    await page.get_by_role("button", name="Acknowledge").click()
    await expect(page.get_by_text("Acknowledged by Ames")).to_be_visible()
    await expect(probe(page)).to_be_visible()
    await expect(page.get_by_role("img", name="Face on the watchlist")).to_be_visible()


async def test_a_page_goes_on_at_the_next_leader_where_it_stopped(desk: Desk, page: Page) -> None:
    async with served(desk.web.app(desk.port), desk.port):
        await desk.alert("search-1", AlertTerms(retention_hours=1), camera_id="camera-1")
        await page.goto(desk.url)
        await picked(page, "camera-1")
    # While none leads its retention ends: no page hears of it.
    await desk.erase_all()
    await desk.alert("search-2", camera_id="camera-2")
    await desk.web.restart()
    async with served(desk.web.app(desk.port), desk.port):
        await expect(page.get_by_text("Erased", exact=True)).to_have_count(3)
        await expect(rows(page)).to_have_count(2)
        assert await cameras(page) == ["camera-2", "camera-1"]
        await expect(page.locator("#notice")).to_be_hidden()


async def test_a_page_whose_service_comes_back_with_another_log_begins_anew(
    desk: Desk, page: Page
) -> None:
    async with served(desk.web.app(desk.port), desk.port):
        await desk.alert("search-1", camera_id="camera-1")
        await page.goto(desk.url)
        await expect(rows(page)).to_have_count(1)
    await desk.web.restart()
    desk.web.hub.log_id = "that of another database"
    async with served(desk.web.app(desk.port), desk.port):
        await desk.alert("search-2", camera_id="camera-2")
        await expect(rows(page)).to_have_count(2)
        assert await cameras(page) == ["camera-2", "camera-1"]
        await expect(page.locator("#notice")).to_have_text(
            "The alert service was started again; its latest alerts are shown."
        )


async def test_a_message_that_comes_twice_is_shown_once(serving: Desk, page: Page) -> None:
    def repeat(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def send_twice(message: str | bytes) -> None:
            socket.send(message)
            socket.send(message)

        server.on_message(send_twice)

    await page.route_web_socket("**/stream", repeat)
    await serving.alert("search-1", camera_id="camera-1")
    await page.goto(serving.url)
    await serving.alert("search-2", camera_id="camera-2")
    await expect(rows(page)).to_have_count(2)
    assert await cameras(page) == ["camera-2", "camera-1"]
