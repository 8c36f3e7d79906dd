"""What to beware of stands on the card of an alert, on every page, before anything is opened."""

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.support.page_desk import Desk
from tests.support.pages import live
from tests.support.watchlists import details

from lethe.alert.identity.principal import Role
from lethe.contracts.adjudication import Verdict

pytestmark = pytest.mark.asyncio(loop_scope="module")

MARKERS = ["may carry a knife", "diabetic", "known to run"]


async def cards(desk: Desk, new_page: OpenPage, width: int = 1280) -> list[Page]:
    """Open an officer's page and the desk."""
    pages = []
    for path in ("/", "/desk"):
        page = await new_page(width, 900)
        address = desk.url_of("Sue", Role.SUPERVISOR)
        await page.goto(address.replace("/#", f"{path}#"))
        await live(page)
        pages.append(page)
    return pages


@pytest.mark.parametrize("width", [320, 1280])
async def test_children_the_vulnerable_and_markers_stand_on_both_cards(
    serving: Desk, new_page: OpenPage, width: int
) -> None:
    flags = {"is_child": True, "is_vulnerable": True, "warning_markers": MARKERS}
    await serving.rename(details("Eileen Collins", **flags))
    await serving.alert("search-1")
    for page in await cards(serving, new_page, width):
        shown = page.locator("#alerts .flag")
        await expect(shown).to_have_text(["Child", "Vulnerable", MARKERS[0], "and 2 more"])
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_a_card_loses_them_with_the_name(serving: Desk, new_page: OpenPage) -> None:
    await serving.rename(details("Eileen Collins", is_child=True))
    pages = await cards(serving, new_page)
    alert = await serving.alert("search-1")
    for page in pages:
        await expect(page.locator("#alerts .flag")).to_have_text("Child")
    await serving.judge(alert, Verdict.FALSE_ALERT)
    for page in pages:
        await expect(page.locator("#alerts .flag")).to_have_count(0)
