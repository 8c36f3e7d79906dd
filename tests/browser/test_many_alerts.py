"""More alerts than a page shows: it says how many there are, and brings earlier ones."""

from typing import Any

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.support.page_desk import Desk
from tests.support.pages import cameras, live

from lethe.alert.identity.principal import Role
from lethe.contracts.adjudication import Verdict

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT_FIRST = 100
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


async def raised(desk: Desk, count: int) -> None:
    for number in range(count):
        await desk.alert(f"search-{number}", camera_id=f"camera-{number}")


async def told(page: Page, text: str) -> None:
    await expect(page.locator("#earlier-told")).to_have_text(text)


@pytest.mark.parametrize("path", ["/", "/desk"])
async def test_what_is_not_on_the_page_is_said_and_comes_when_somebody_asks(
    serving: Desk, new_page: OpenPage, path: str
) -> None:
    await raised(serving, AT_FIRST + 30)
    page = await new_page(1280, 900)
    address = serving.url_of("Oakley", Role.OPERATOR)
    await page.goto(address.replace("/#", f"{path}#"))
    await live(page)
    await told(page, "100 of 130 alerts are on this page. Earlier ones may be open still.")
    assert await violations(page) == []
    # One of those that aren't there is decided, and the page has it as it is.
    first = await serving.web.desk.after(0, 1)
    await serving.judge(first[0], Verdict.TRUE_ALERT)
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
    await raised(serving, AT_FIRST + 1)
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
