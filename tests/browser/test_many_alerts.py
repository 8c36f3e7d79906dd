"""More alerts than a page shows: it says how many there are, and brings earlier ones."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.support.page_desk import Desk
from tests.support.pages import cameras, live

from lethe.alert.identity.principal import Role
from lethe.contracts.adjudication import Verdict

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT_FIRST = 100
MANY_OPEN = """async () => {
    const { AlertBook } = await import("/static/alert-book.js");
    const book = new AlertBook();
    let dropped = [];
    for (let sequence = 1; sequence <= 1002; sequence += 1) {
        book.add({ alert_id: `a${sequence}`, sequence, adjudication: null, erased: false }, false);
        dropped.push(...book.trim());
    }
    return [dropped, book.openFloor];
}"""
TOO_MANY = """async () => {
    const { AlertBook } = await import("/static/alert-book.js");
    const book = new AlertBook();
    for (let sequence = 1; sequence <= 250; sequence += 1) {
        const isOpen = sequence % 50 === 1;
        const adjudication = isOpen ? null : { verdict: "true_alert" };
        book.add({ alert_id: `a${sequence}`, sequence, adjudication, erased: false }, false);
        book.trim();
    }
    return { kept: [...book.alerts.values()].map((each) => each.sequence), floor: book.floor };
}"""


async def raised(desk: Desk, count: int, decided: int = 0) -> None:
    for number in range(count):
        alert = await desk.alert(f"search-{number}", camera_id=f"camera-{number}")
        if number < decided:
            await desk.judge(alert, Verdict.TRUE_ALERT)


async def told(page: Page, text: str) -> None:
    await expect(page.locator("#earlier-told")).to_have_text(text)


@pytest.mark.parametrize("path", ["/", "/desk"])
async def test_what_is_not_on_the_page_is_said_and_comes_when_somebody_asks(
    serving: Desk, new_page: OpenPage, path: str
) -> None:
    await raised(serving, AT_FIRST + 30, decided=30)
    page = await new_page(1280, 900)
    address = serving.url_of("Oakley", Role.OPERATOR)
    await page.goto(address.replace("/#", f"{path}#"))
    await live(page)
    await told(page, "100 of 130 alerts are on this page. Earlier ones are decided.")
    assert await violations(page) == []
    await page.get_by_role("button", name="Earlier alerts").press("Enter")
    rows = page.locator("#alerts > *")
    await expect(rows).to_have_count(130)
    await told(page, "")
    await expect(page.get_by_role("button", name="Earlier alerts")).to_be_hidden()
    for place, camera in ((0, "camera-129"), (100, "camera-29"), (129, "camera-0")):
        await expect(rows.nth(place)).to_contain_text(camera)
    await expect(rows.nth(129)).to_contain_text("True alert")
    await serving.alert("new", camera_id="new")
    await expect(rows.first).to_contain_text("new")


async def test_whoever_sees_all_there_is_is_told_nothing(serving: Desk, new_page: OpenPage) -> None:
    await raised(serving, 2)
    page = await new_page()
    await page.goto(serving.url)
    await live(page)
    assert await cameras(page) == ["camera-1", "camera-0"]
    await told(page, "")


async def test_why_earlier_ones_do_not_come_is_said(serving: Desk, new_page: OpenPage) -> None:
    await raised(serving, AT_FIRST + 1, decided=1)
    page = await new_page()
    await page.goto(serving.url)
    await live(page)
    await page.route("**/alerts?before=*", lambda route: route.abort())
    await page.get_by_role("button", name="Earlier alerts").click()
    await expect(page.get_by_text("Not shown: the service doesn't answer")).to_be_visible()
    await page.unroute("**/alerts?before=*")
    await page.get_by_role("button", name="Earlier alerts").click()
    await expect(page.locator("#alerts li")).to_have_count(AT_FIRST + 1)
    await expect(page.get_by_text("Not shown")).to_have_count(0)


async def test_open_alerts_stay_on_a_page_that_is_full(serving: Desk, new_page: OpenPage) -> None:
    page = await new_page()
    await page.goto(serving.url)
    await live(page)
    found: dict[str, Any] = await page.evaluate(TOO_MANY)
    assert len(found["kept"]) == 200
    assert found["kept"][:2] == [1, 51]
    assert found["kept"][-1] == 250
    # Up to there decided ones were left out, and would come again.
    assert found["floor"] == 51 + 1


async def test_of_open_ones_a_page_drops_none_before_it_holds_as_many_as_it_can(
    serving: Desk, new_page: OpenPage
) -> None:
    page = await new_page()
    await page.goto(serving.url)
    await live(page)
    assert await page.evaluate(MANY_OPEN) == [["a1", "a2"], 2]


async def test_open_ones_come_by_themselves_however_old_they_are(
    serving: Desk, new_page: OpenPage
) -> None:
    await raised(serving, 7)
    for number in range(AT_FIRST + 10):
        alert = await serving.alert(f"later-{number}", camera_id=f"later-{number}")
        await serving.judge(alert, Verdict.TRUE_ALERT)
    page = await new_page()
    # The first answer is lost: open ones are asked for until they come.
    lost = True

    async def lose(route: Route) -> None:
        nonlocal lost
        await (route.abort() if lost else route.continue_())
        lost = False

    await page.route("**/alerts?before=*open=true*", lose)
    await page.goto(serving.url)
    await live(page)
    await expect(page.locator("#open-count")).to_have_text(f"7 open of {AT_FIRST + 7}")
    await told(
        page,
        f"{AT_FIRST + 7} of {AT_FIRST + 17} alerts are on this page. Earlier ones are decided.",
    )
    await expect(page.locator("#alerts li").last).to_contain_text("camera-0")
    assert not lost


async def test_an_alert_that_is_erased_while_it_is_asked_for_comes_as_erased(
    serving: Desk, new_page: OpenPage
) -> None:
    alert = await serving.alert("search-0", camera_id="camera-0")
    for number in range(AT_FIRST):
        await serving.alert(f"later-{number}", camera_id=f"later-{number}")
    page = await new_page()
    held: asyncio.Queue[Route] = asyncio.Queue()
    await page.route("**/alerts?before=*open=true*", held.put)
    await page.goto(serving.url)
    await live(page)
    await page.get_by_label("Decided ones too").check()
    route = await held.get()
    answer = await route.fetch()
    assert "Eileen Collins" in await answer.text()
    await serving.judge(alert, Verdict.FALSE_ALERT)
    # The page has heard what came before this.
    await serving.alert("another", camera_id="another")
    await expect(page.locator("#alerts")).to_contain_text("another")
    await route.fulfill(response=answer)
    first = page.locator("#alerts li").last
    await expect(page.locator("#alerts li")).to_have_count(AT_FIRST + 2)
    await expect(first).to_contain_text("camera-0")
    await expect(first).to_contain_text("False alert")
    await expect(first).not_to_contain_text("Eileen")
