"""What an officer sees of an alert, and how it comes to the screen."""

from dataclasses import replace

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.support.alert_desk import candidates_found
from tests.support.alert_web import served
from tests.support.page_desk import FACE, Desk, present
from tests.support.pages import cameras, live, picked, probe, rows
from tests.support.watchlists import details, imaged

from lethe.alert.alerts import AlertTerms
from lethe.contracts.adjudication import Verdict
from lethe.contracts.live import Candidate

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_new_alert_fills_the_screen_with_all_that_an_officer_needs(
    serving: Desk, page: Page
) -> None:
    await serving.rename(
        details(
            "Eileen Collins",
            instructions="Ask for a date of birth.",
            conditions="Not to enter the square.",
            warning_markers=["May carry a knife"],
            is_child=True,
            is_vulnerable=True,
        )
    )
    other = Candidate(subject_id="Ada", reference_id="r", score=0.62, cosine=0.51)
    await page.goto(serving.url)
    await expect(page.get_by_text("No alerts so far")).to_be_visible()
    await live(page)

    await serving.alert("search-1", others=(other,))

    panel = page.get_by_role("region", name="Alert", exact=True)
    await expect(panel.get_by_role("heading", name="Eileen Collins")).to_be_visible()
    await expect(page.get_by_role("heading", name="Alerts")).to_be_hidden()
    for name, side in (("Face seen by the camera", 160), ("Face on the watchlist", 340)):
        picture = panel.get_by_role("img", name=name)
        await expect(picture).to_be_visible()
        await expect(picture).to_have_js_property("width", side)
    await expect(panel.get_by_role("img", name="Upper body seen by the camera")).to_be_visible()
    faces = panel.locator(".pictures .picture")
    boxes = [await each.bounding_box() for each in await faces.all()]
    assert len({(box["width"], box["height"]) for box in boxes if box}) == 1
    await expect(panel.get_by_role("list", name="Warnings").get_by_role("listitem")).to_have_text(
        ["Child", "Vulnerable", "May carry a knife"]
    )
    for told in (
        "Category: wanted on warrant",
        "failed to appear at Northtown court",
        "Ask for a date of birth.",
        "Not to enter the square.",
        "An alert alone is no ground to act",
        "0.83, the order's threshold is 0.60",
        "Ada (score 0.62)",
        "entrance",
        "towards the camera, to the left of the picture",
        "north",
    ):
        await expect(panel.get_by_text(told).last).to_be_visible()
    assert "%" not in await panel.inner_text()
    await expect(page.get_by_text("not an authorised deployment")).to_be_visible()
    await expect(page.locator("#announcer")).to_have_text(
        "Possible match with Eileen Collins at camera entrance. You decide."
    )


@pytest.mark.parametrize("width", [320, 390, 1440])
async def test_the_closest_images_of_somebody_stand_beside_the_face_all_as_large(
    desk: Desk, new_page: OpenPage, width: int
) -> None:
    book, subject_id = desk.web.watchlists, desk.reference.subject_id
    images = [await imaged(book, "watchlist-1", subject_id, FACE + bytes([n])) for n in (1, 2)]
    names = ["Face on the watchlist", *(f"Face on the watchlist, image {n}" for n in (2, 3))]
    page = await new_page(width)
    async with served(desk.web.app(desk.port), desk.port):
        await page.goto(desk.url)
        await live(page)
        further = tuple(each.reference_id for each in images)
        alert = await desk.alert("search-1", further=further)
        faces = page.locator(".pictures")
        for name in names:
            await expect(faces.get_by_role("img", name=name, exact=True)).to_be_visible()
        boxes = [await each.bounding_box() for each in await faces.locator(".picture").all()]
        assert len(boxes) == 4
        assert len({(round(box["width"]), round(box["height"])) for box in boxes if box}) == 1
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        # All of them go with the alert.
        await desk.judge(alert, Verdict.FALSE_ALERT)
        await expect(page.locator("canvas")).to_have_count(0)


async def test_nothing_changes_under_the_thumb_of_whoever_looks_at_an_alert(
    serving: Desk, page: Page
) -> None:
    await page.goto(serving.url)
    await live(page)
    await serving.alert("search-1", camera_id="camera-1")
    await expect(probe(page)).to_be_visible()
    await serving.alert("search-2", camera_id="camera-2")
    await expect(page.locator("#waiting")).to_have_text("1 new")
    await expect(page.get_by_role("definition").filter(has_text="camera-1")).to_be_visible()
    await page.go_back()
    assert await cameras(page) == ["camera-2", "camera-1"]


async def test_a_new_alert_sounds_and_vibrates_once_somebody_has_allowed_it(
    serving: Desk, page: Page
) -> None:
    await page.add_init_script(
        "window.shaken = []; navigator.vibrate = (pattern) => shaken.push(pattern);"
    )
    await page.goto(serving.url)
    await live(page)
    await page.get_by_role("button", name="Turn sound on").click()
    await expect(page.get_by_role("button", name="Sound is on")).to_be_visible()
    assert await page.evaluate("shaken.length") == 0
    await serving.alert("search-1")
    await expect(probe(page)).to_be_visible()
    assert await page.evaluate("shaken.length") == 1
    await page.go_back()
    await page.get_by_role("button", name="Sound is on").click()
    await expect(page.get_by_role("button", name="Sound is off")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("button", name="Sound is off")).to_be_visible()


async def test_on_a_wide_screen_the_list_stays_beside_the_alert(
    serving: Desk, new_page: OpenPage
) -> None:
    page = await new_page(1280, 800)
    await serving.alert("search-1", camera_id="camera-1")
    await page.goto(serving.url)
    await picked(page, "camera-1")
    await expect(page.get_by_role("heading", name="Alerts")).to_be_visible()
    await expect(page.locator("[aria-current=true]")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("region", name="Alert", exact=True)).to_be_hidden()
    await expect(page.get_by_role("button", name="camera-1")).to_be_focused()


async def test_a_further_sighting_is_counted_on_the_alert_that_is_there(
    desk: Desk, page: Page
) -> None:
    await desk.web.restart(cool_down_s=60)
    async with served(desk.web.app(desk.port), desk.port):
        await page.goto(desk.url)
        await live(page)
        await desk.alert("search-1")
        await expect(page.get_by_text("once", exact=True)).to_be_visible()
        found = candidates_found(
            "search-2", captured=present(), subject_id=desk.reference.subject_id
        )
        assert await desk.web.desk.receive(found, FACE) is None
        await expect(page.get_by_text("2 times, last at")).to_be_visible()
        await expect(rows(page)).to_have_count(1)


async def test_decided_and_erased_alerts_are_in_the_list_for_whoever_wants_them(
    serving: Desk, page: Page
) -> None:
    await serving.alert("search-1", AlertTerms(retention_hours=1), camera_id="camera-1")
    await serving.erase_all()
    await serving.alert("search-2", camera_id="camera-2")
    await page.goto(serving.url)
    await expect(page.get_by_text("1 open of 2")).to_be_visible()
    await expect(rows(page).filter(visible=True)).to_have_count(1)
    await page.get_by_label("Decided ones too").check()
    await expect(rows(page).filter(visible=True)).to_have_count(2)


async def test_a_blind_and_a_suspended_deployment_are_said_on_the_page(
    desk: Desk, page: Page
) -> None:
    desk.web.status.now = replace(desk.web.status.now, blind="match doesn't answer")
    async with served(desk.web.app(desk.port), desk.port):
        await page.goto(desk.url)
        await expect(page.locator("#blind")).to_have_text(
            "No searches take place: match doesn't answer"
        )


async def test_that_no_camera_is_live_is_said_at_the_top(desk: Desk, page: Page) -> None:
    live_now = desk.web.status.now
    [camera] = live_now.cameras
    down = replace(camera, camera_id="gate", state="reconnecting")
    async with served(desk.web.app(desk.port), desk.port):
        desk.web.status.now = replace(live_now, cameras=(camera, down))
        await page.goto(desk.url)
        banner = page.get_by_role("alert").filter(has_text="No camera is live")
        await expect(page.get_by_role("list", name="Cameras")).to_contain_text("gate")
        await expect(banner).to_have_count(0)
        desk.web.status.now = replace(live_now, cameras=(down,))
        await expect(banner).to_be_visible()
        desk.web.status.now = live_now
        await expect(banner).to_have_count(0)


@pytest.mark.parametrize("width", [320, 390, 1100, 3840])
async def test_the_page_fits_its_window(desk: Desk, new_page: OpenPage, width: int) -> None:
    page = await new_page(width)
    async with served(desk.web.app(desk.port), desk.port):
        await desk.alert("search-1", camera_id="a-camera-with-a-long-name-and-no-break" * 3)
        await page.goto(desk.url)
        for each in ("a-camera", "Decide"):
            button = page.get_by_role("button", name=each)
            await expect(button).to_be_visible()
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            await button.click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
