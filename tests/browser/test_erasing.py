"""An erased alert leaves every open page, and nothing of it stays in the browser."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect
from tests.browser.conftest import OpenPage
from tests.support.alert_web import served
from tests.support.keyrings import jam
from tests.support.page_desk import Desk
from tests.support.pages import live, picked, probe, rows

from lethe.alert.alerts import AlertTerms
from lethe.alert.erasing import key_name
from lethe.contracts.adjudication import Verdict

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR = AlertTerms(retention_hours=1)
# Answers what the browser keeps of an address, without asking the service.
KEPT = """async (address) => {
    const cached = fetch(address, { cache: "only-if-cached", mode: "same-origin" });
    const [status, names, workers] = await Promise.all([
        cached.then((answer) => answer.status, () => 0),
        caches.keys(),
        navigator.serviceWorker.getRegistrations(),
    ]);
    return { status, names: names.length, workers: workers.length };
}"""


async def test_pictures_name_and_details_leave_the_page_and_are_in_no_cache(
    serving: Desk, page: Page
) -> None:
    alert = await serving.alert("search-1", HOUR)
    await page.goto(serving.url)
    await picked(page)
    canvas = await probe(page).element_handle()
    assert canvas is not None
    await expect(page.get_by_text("failed to appear at Northtown court")).to_be_visible()
    await expect(page.get_by_text("towards the camera, to the left")).to_be_visible()
    await expect(page.get_by_role("img", name="Upper body seen by the camera")).to_be_visible()

    await serving.erase_all()

    await expect(page.get_by_text("Erased", exact=True)).to_have_count(3)
    await expect(page.get_by_role("heading", name="This alert is erased")).to_be_visible()
    await expect(page.locator("canvas")).to_have_count(0)
    assert await canvas.evaluate("canvas => canvas.width * canvas.height") == 0
    held = await page.locator("main").inner_text()
    for gone in ("Eileen", "Northtown", "warrant", "0.83", "towards the camera"):
        assert gone not in held
    for kind in ("probe", "figure", "reference", "subject"):
        address = f"/api/v1/alerts/{alert.alert_id}/{kind}"
        assert await page.evaluate(KEPT, address) == {"status": 0, "names": 0, "workers": 0}
    assert (await page.evaluate(KEPT, "/static/page.css"))["status"] == 200
    await page.go_back()
    await page.get_by_label("Decided ones too").check()
    await expect(rows(page)).to_contain_text(["Erased alert"])


async def test_a_picture_that_comes_after_the_erasure_is_not_shown(
    serving: Desk, page: Page
) -> None:
    held: asyncio.Queue[Route] = asyncio.Queue()
    await page.route("**/probe", held.put)
    await page.route("**/subject", held.put)
    await serving.alert("search-1", HOUR)
    await page.goto(serving.url)
    await page.get_by_role("button", name="entrance").click()
    answers = [await held.get(), await held.get()]
    fetched = [(route, await route.fetch()) for route in answers]
    await serving.erase_all()
    await expect(page.get_by_text("Erased", exact=True)).to_have_count(3)
    for route, response in fetched:
        async with page.expect_event("requestfinished"):
            await route.fulfill(response=response)
    await expect(page.locator("canvas")).to_have_count(0)
    assert "Northtown" not in await page.locator("main").inner_text()


async def test_a_false_alert_names_nobody_from_then_on_though_its_key_cannot_be_destroyed(
    serving: Desk, page: Page, new_page: OpenPage, tmp_path: Path
) -> None:
    alert = await serving.alert("search-1")
    wide = await new_page(1440, 900)
    await wide.goto(serving.url.replace("/#", "/desk#"))
    await expect(wide.get_by_role("button", name="Eileen Collins")).to_be_visible()
    await page.goto(serving.url)
    await picked(page)

    jam(tmp_path / "keys", key_name(alert.alert_id))
    await serving.judge(alert, Verdict.FALSE_ALERT)

    await expect(page.get_by_text("Taken away", exact=True)).to_have_count(3)
    heading = page.get_by_role("heading", name="A false alert: it is being erased")
    await expect(heading).to_be_visible()
    await expect(page.locator("canvas")).to_have_count(0)
    await expect(wide.get_by_role("button", name="False alert")).to_be_visible()
    await expect(page.locator("#alerts .subject")).to_have_text("False alert")
    for each in (page, wide):
        held = await each.locator("body").inner_text()
        for gone in ("Eileen", "Northtown", "warrant", "0.83"):
            assert gone not in held


async def test_what_an_erased_watchlist_told_leaves_open_pages_and_the_alert_stays(
    serving: Desk, page: Page, new_page: OpenPage
) -> None:
    wide = await new_page(1440, 900)
    await wide.goto(serving.url.replace("/#", "/desk#"))
    await page.goto(serving.url)
    for each in (page, wide):
        await live(each)
    await serving.alert("search-1")
    await expect(wide.get_by_role("button", name="Eileen Collins")).to_be_visible()
    await expect(probe(page)).to_be_visible()
    await expect(page.locator("#announcer")).to_contain_text("Eileen Collins")
    await expect(page.get_by_text("failed to appear at Northtown court")).to_be_visible()
    listed = page.get_by_role("img", name="Face on the watchlist")
    await expect(listed).to_be_visible()

    await serving.web.ends.erase("watchlist-1")

    subject_id = serving.reference.subject_id
    why = page.get_by_text("Details can't be shown: the watchlist is erased")
    await expect(why).to_be_visible()
    await expect(listed).to_have_count(0)
    await expect(page.get_by_role("heading", name=subject_id)).to_be_visible()
    await expect(page.locator("#alerts .subject")).to_have_text(subject_id)
    await expect(wide.get_by_role("button", name=subject_id)).to_be_visible()
    await expect(probe(page)).to_be_visible()
    for each in (page, wide):
        held = await each.locator("body").inner_text()
        for gone in ("Eileen", "Northtown", "warrant"):
            assert gone not in held


async def test_of_what_was_closed_while_a_page_was_away_nothing_is_announced(
    desk: Desk, page: Page
) -> None:
    await page.add_init_script(
        "window.shaken = []; navigator.vibrate = (pattern) => shaken.push(pattern);"
    )
    app = desk.web.app(desk.port)
    async with served(app, desk.port):
        await page.goto(desk.url)
        await live(page)
    await desk.judge(await desk.alert("search-1"), Verdict.FALSE_ALERT)
    async with served(app, desk.port):
        await page.get_by_label("Decided ones too").check()
        await expect(rows(page)).to_contain_text(["Erased alert"])
        await live(page)
    await expect(page.locator("#announcer")).to_be_empty()
    assert await page.evaluate("shaken") == []


async def test_the_announcer_is_cleared_of_the_alert_that_it_tells_of_and_of_no_other(
    serving: Desk, page: Page
) -> None:
    await page.goto(serving.url)
    await live(page)
    first = await serving.alert("search-1", camera_id="camera-1")
    second = await serving.alert("search-2", camera_id="camera-2")
    announcer = page.locator("#announcer")
    await expect(announcer).to_contain_text("Eileen Collins at camera camera-2")
    await serving.judge(first, Verdict.FALSE_ALERT)
    await expect(rows(page).last).to_contain_text("Erased alert")
    await expect(announcer).to_contain_text("Eileen Collins at camera camera-2")
    await serving.judge(second, Verdict.FALSE_ALERT)
    await expect(announcer).to_be_empty()


async def test_whoever_signs_out_or_whose_token_ends_leaves_nothing_on_the_screen(
    serving: Desk, page: Page
) -> None:
    await serving.alert("search-1")
    await page.goto(serving.url)
    await live(page)
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    await expect(rows(page)).to_have_count(0)
    assert await page.evaluate("document.cookie + JSON.stringify({ ...localStorage })") == "{}"
    await page.get_by_label("Sign-in code or token").fill(serving.web.issuer.token())
    await page.get_by_role("button", name="Sign in").click()
    await live(page)
    assert page.url == f"http://127.0.0.1:{serving.port}/"
    await expect(rows(page)).to_have_count(1)
