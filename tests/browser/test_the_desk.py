"""The page of operators and supervisors."""

import re
from dataclasses import replace

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.support.page_desk import PORTRAIT, Desk, present
from tests.support.pages import decide, live, probe
from tests.support.watchlists import imaged, listed, outcome
from tests.unit.alert.test_figures import minute, slot

from lethe.alert.alerts import AlertTerms
from lethe.alert.identity.principal import Role
from lethe.alert.ports import CameraStatus
from lethe.contracts.adjudication import Verdict

pytestmark = pytest.mark.asyncio(loop_scope="module")


def desk_of(desk: Desk, *roles: Role) -> str:
    return desk.url_of("Oakley", *roles).replace("/#", "/desk#")


async def figure(page: Page, term: str, value: str) -> None:
    named = page.locator("#figures div").filter(has_text=term)
    await expect(named.get_by_role("definition")).to_have_text(value)


async def subjects(page: Page, names: list[str]) -> None:
    rows = page.locator("#alerts tr").filter(visible=True)
    await expect(rows.locator("td:nth-of-type(3)")).to_have_text(names)


async def test_alerts_are_filtered_and_counted(serving: Desk, new_page: OpenPage) -> None:
    for number, verdict in enumerate((None, Verdict.TRUE_ALERT, Verdict.FALSE_ALERT)):
        alert = await serving.alert(f"search-{number}", camera_id=f"camera-{number}")
        if verdict:
            await serving.judge(alert, verdict)
    page = await new_page(1440, 900)
    await page.goto(desk_of(serving, Role.SUPERVISOR))
    await subjects(page, ["camera-2", "camera-1", "camera-0"])
    for term, value in (
        ("Open alerts", "1"),
        ("True", "1"),
        ("False alerts", "1"),
        ("Cameras", "1 of 1"),
    ):
        await figure(page, term, value)
    await expect(page.locator("#deployments td").nth(5)).to_have_text("1 of 2")
    await expect(page.locator("#deployments td").nth(6)).to_have_text("1 connected, 1 up to date")
    for state, left in (("Open", "0"), ("True alerts", "1"), ("False alerts", "2")):
        await page.get_by_role("combobox", name="State").select_option(state)
        await subjects(page, [f"camera-{left}"])
    await page.get_by_role("combobox", name="State").select_option("All")
    await page.get_by_role("combobox", name="Deployment").select_option("deployment-1")
    # Who is erased isn't found by their name.
    await page.get_by_role("searchbox", name="Name or camera").fill("eileen")
    await subjects(page, ["camera-1", "camera-0"])
    await page.get_by_role("searchbox", name="Name or camera").fill("nobody")
    await expect(page.get_by_text("None fits the filters.")).to_be_visible()


async def test_alerts_of_one_of_two_deployments_are_picked(
    serving: Desk, new_page: OpenPage
) -> None:
    status = serving.web.status
    [first] = status.now.deployments
    second = replace(first, deployment_id="deployment-2")
    status.now = replace(status.now, deployments=(first, second))
    status.areas["deployment-2"] = "south"
    for number in range(4):
        of = f"deployment-{number % 2 + 1}"
        await serving.alert(f"search-{number}", camera_id=f"camera-{number}", deployment_id=of)
    page = await new_page(1440, 900)
    await page.goto(desk_of(serving, Role.SUPERVISOR))
    await subjects(page, ["camera-3", "camera-2", "camera-1", "camera-0"])
    picked = page.get_by_role("combobox", name="Deployment")
    await expect(picked.get_by_role("option")).to_have_text(["All", "deployment-1", "deployment-2"])
    for of, left in (
        ("deployment-2", ["camera-3", "camera-1"]),
        ("deployment-1", ["camera-2", "camera-0"]),
    ):
        await picked.select_option(of)
        await subjects(page, left)
        await expect(page.locator("#open-count")).to_have_text("2 of 4 shown")
    # What comes while it is filtered is filtered too.
    await serving.alert("search-4", camera_id="camera-4", deployment_id="deployment-2")
    await expect(page.locator("#open-count")).to_have_text("2 of 5 shown")
    await subjects(page, ["camera-2", "camera-0"])
    await picked.select_option("All")
    await subjects(page, [f"camera-{number}" for number in (4, 3, 2, 1, 0)])


async def test_each_deployment_is_told_in_figures(serving: Desk, new_page: OpenPage) -> None:
    now = serving.web.status.now
    down = CameraStatus("gate", "deployment-1", "reconnecting", "no answer")
    serving.web.status.now = replace(now, cameras=(*now.cameras, down))
    page = await new_page(1280, 900)
    await page.goto(desk_of(serving, Role.SUPERVISOR))
    region = page.get_by_role("region", name="Figures by deployment")
    shown = region.get_by_role("row", name="deployment-1").get_by_role("cell")
    await expect(shown).to_have_text(
        [
            "not counted yet",
            "0 open, 0 true, 0 false",
            "no frame",
            "0 of 0",
            "1 of 2 live",
            "no receipts yet",
        ]
    )
    await expect(page.get_by_role("list", name="Cameras")).to_contain_text(
        "gate reconnecting: no answer"
    )
    since_ms = present().wall_us // 1_000
    serving.web.figures.take(
        [
            slot(0, 180, of="deployment-1", since_ms=since_ms, captured=4, expired=1).line(),
            minute(0, slots=300, faces=73, of="deployment-1", since_ms=since_ms).line(),
        ]
    )
    await serving.judge(await serving.alert("search-1"), Verdict.TRUE_ALERT)
    await serving.alert("search-2")
    await expect(shown).to_have_text(
        [
            "73",
            "1 open, 1 true, 0 false",
            "180 / 180 / 180 ms",
            "1 of 4",
            "1 of 2 live",
            re.compile(r"^(.+, )?\d\d:\d\d:\d\d"),
        ]
    )
    await figure(page, "True alerts", "1")


async def test_figures_that_can_not_be_had_say_so_and_stay(
    serving: Desk, new_page: OpenPage
) -> None:
    page = await new_page(1280, 900)
    await page.goto(desk_of(serving, Role.OPERATOR))
    await figure(page, "Open alerts", "0")
    await page.route("**/figures", lambda route: route.abort())
    await expect(page.get_by_text("Not as they are now")).to_be_visible()
    await figure(page, "Open alerts", "0")
    await page.unroute("**/figures")
    await expect(page.get_by_text("Not as they are now")).to_be_hidden()


async def test_a_new_alert_comes_to_the_table_and_takes_no_screen(
    serving: Desk, new_page: OpenPage
) -> None:
    page = await new_page(1440, 900)
    await page.goto(desk_of(serving, Role.OPERATOR))
    await live(page)
    await serving.alert("search-1", AlertTerms(retention_hours=1))
    await figure(page, "Open alerts", "1")
    await expect(page.locator("#panel")).to_be_hidden()
    await page.get_by_role("button", name="Eileen Collins").click()
    await expect(probe(page)).to_be_visible()
    await decide(page, "Yes: a true alert")
    await expect(page.get_by_role("cell", name="True alert, unconfirmed")).to_be_visible()
    await serving.erase_all()
    await expect(page.get_by_text("Erased", exact=True)).to_have_count(3)
    await expect(page.get_by_role("button", name="Erased alert")).to_be_visible()
    assert "Eileen" not in await page.locator("main").inner_text()


async def test_whoever_closes_an_alert_goes_on_at_its_row_or_at_the_table_if_that_is_hidden(
    serving: Desk, new_page: OpenPage
) -> None:
    await serving.alert("search-1")
    page = await new_page(1440, 900)
    await page.goto(desk_of(serving, Role.OPERATOR))
    row = page.get_by_role("button", name="Eileen Collins")
    for words, place in (("", row), ("nobody", page.locator("#alerts"))):
        await row.click()
        await expect(page.get_by_role("heading", name="Eileen Collins")).to_be_focused()
        await page.get_by_role("searchbox", name="Name or camera").fill(words)
        await page.get_by_role("button", name="All alerts").click()
        await expect(page.locator("#panel")).to_be_hidden()
        await expect(place).to_be_focused()


async def test_a_watchlist_is_shown_with_its_progress_and_what_was_rejected(
    serving: Desk, new_page: OpenPage
) -> None:
    book = serving.web.watchlists
    sam = await listed(book, "Sam Sample", on="watchlist-1")
    rejected = await imaged(book, "watchlist-1", sam, PORTRAIT[:-1])
    await book.record([outcome(rejected.reference_id, "no face", on="watchlist-1")])
    page = await new_page(1440, 900)
    await page.goto(desk_of(serving, Role.SUPERVISOR))
    await page.get_by_role("button", name="Read them").click()
    card = page.get_by_role("article")
    await expect(card).to_contain_text("2 subjects; references: 0 enrolled, 1 waiting, 1 rejected")
    await expect(card.get_by_role("progressbar")).to_have_js_property("value", 1)
    await expect(card.get_by_role("row").last).to_contain_text(f"{sam}no face")


async def test_a_deployment_is_ended_once_it_is_asked_for_twice(
    serving: Desk, new_page: OpenPage
) -> None:
    page = await new_page(1440, 900)
    await page.goto(desk_of(serving, Role.SUPERVISOR))
    await live(page)
    await page.get_by_role("button", name="End deployment-1").click()
    sheet = page.get_by_role("dialog", name="End a deployment")
    await sheet.get_by_role("button", name="Back").click()
    assert serving.web.deployments.ended == []
    await page.route("**/end", lambda route: route.abort())
    await page.get_by_role("button", name="End deployment-1").click()
    await sheet.get_by_role("button", name="End it").click()
    await expect(sheet.get_by_role("alert")).to_contain_text("Not ended")
    await page.unroute("**/end")
    await sheet.get_by_role("button", name="End it").click()
    await expect(sheet).to_have_count(0)
    assert serving.web.deployments.ended == [("deployment-1", "Oakley")]
    now = serving.web.status.now
    ended = replace(now.deployments[0], status="ended")
    serving.web.status.now = replace(now, deployments=(ended,))
    await expect(page.get_by_role("button", name="End deployment-1")).to_have_count(0)


async def test_whom_the_desk_is_not_for_is_taken_to_their_own_page(
    serving: Desk, new_page: OpenPage
) -> None:
    page = await new_page(1440, 900)
    await page.goto(desk_of(serving, Role.ENGAGEMENT_OFFICER))
    await page.wait_for_url(f"http://127.0.0.1:{serving.port}/")
    await live(page)
    await expect(page.get_by_role("navigation")).to_be_hidden()


async def test_whoever_has_several_pages_goes_from_one_to_the_other(
    serving: Desk, page: Page
) -> None:
    await page.goto(serving.url_of("Oakley", Role.OPERATOR))
    await page.get_by_role("link", name="Desk").click()
    await expect(page.get_by_role("heading", name="Watchlists")).to_be_visible()
    await expect(page.get_by_role("link", name="Desk")).to_have_attribute("aria-current", "page")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
