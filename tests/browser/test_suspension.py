"""A deployment that is suspended says so, and why, on every page; and when it goes on again."""

from dataclasses import replace

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.support.page_desk import Desk
from tests.support.pages import live

from lethe.alert.identity.principal import Role
from lethe.alert.ports import SuspensionStatus
from lethe.contracts.suspension import SuspensionGround

pytestmark = pytest.mark.asyncio(loop_scope="module")

GROUND = SuspensionGround.FALSE_ALERTS


def suspend(desk: Desk, suspended: SuspensionStatus | None) -> None:
    """Let the deployment be suspended, or resumed."""
    [stands] = desk.web.status.now.deployments
    status = "running" if suspended is None else "suspended"
    stands = replace(stands, status=status, suspended=suspended)
    desk.web.status.now = replace(desk.web.status.now, deployments=(stands,))


def for_false_alerts() -> SuspensionStatus:
    at = "2026-01-01T10:00:00.000Z"
    return SuspensionStatus("suspension-1", GROUND.value, GROUND.sentence, at)


async def told(page: Page) -> None:
    """See that a page says that nothing is captured, of which deployment, since when and why."""
    banner = page.get_by_role("alert").filter(has_text="Suspended, nothing is captured")
    for text in (GROUND.sentence, "deployment-1", "1 Jan 2026", "An officer has to find out why"):
        await expect(banner).to_contain_text(text)


async def resumed(page: Page) -> None:
    """See that a page says so no more."""
    await expect(page.get_by_text("Suspended")).to_have_count(0)


async def on_the_desk(desk: Desk, new_page: OpenPage) -> Page:
    page = await new_page(1280, 900)
    await page.goto(desk.url_of("Sue", Role.SUPERVISOR).replace("/#", "/desk#"))
    await live(page)
    return page


async def test_the_desk_says_why_a_deployment_is_suspended_until_it_is_resumed(
    serving: Desk, new_page: OpenPage
) -> None:
    page = await on_the_desk(serving, new_page)
    await expect(page.locator("#suspended")).to_be_hidden()
    suspend(serving, for_false_alerts())
    await told(page)
    row = page.get_by_role("region", name="Table of deployments").get_by_role("row")
    await expect(row.filter(has_text="deployment-1")).to_contain_text(
        f"Suspended: {GROUND.sentence}"
    )
    # Whoever is there may end it, and nobody tries it out.
    await expect(page.get_by_role("button", name="End deployment-1")).to_be_visible()
    await expect(page.get_by_role("button", name="Walk-through of")).to_have_count(0)
    suspend(serving, None)
    await expect(page.locator("#suspended")).to_be_hidden()
    await resumed(page)
    await expect(row.filter(has_text="deployment-1")).to_contain_text("running")


async def test_an_officers_phone_says_so_too_also_when_it_is_opened_late(
    serving: Desk, new_page: OpenPage
) -> None:
    suspend(serving, for_false_alerts())
    phone = await new_page()
    await phone.goto(serving.url_of("Ames", Role.ENGAGEMENT_OFFICER))
    await live(phone)
    await told(phone)
    suspend(serving, None)
    await expect(phone.locator("#suspended")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_a_page_with_the_banner_breaks_no_rule(
    serving: Desk, new_page: OpenPage, scheme: str, width: int
) -> None:
    suspend(serving, for_false_alerts())
    page = await new_page(width, 800, color_scheme=scheme)
    await page.goto(serving.url_of("Sue", Role.SUPERVISOR).replace("/#", "/desk#"))
    await told(page)
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
