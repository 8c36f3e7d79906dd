"""On the desk stands why a deployment takes place, where, and who answers for it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.browser.test_narrow_pages import SIDEWAYS
from tests.browser.test_the_desk import desk_of
from tests.support.forgetting import drafted, local_trust, signer_of
from tests.support.page_desk import Desk
from tests.unit.alert.test_web_records import hold

from lethe.alert.identity.principal import Role
from lethe.shredding.authorising import authorise

pytestmark = pytest.mark.asyncio(loop_scope="module")

GROUNDS = "A fair is threatened. " * 20 + "<b>Nobody else is sought.</b>"


async def opened(page: Page, desk: Desk) -> None:
    await page.goto(desk_of(desk, Role.OPERATOR))
    await page.get_by_text("What was ordered").click()


@pytest.mark.parametrize("width", [320, 1280, 3840])
async def test_what_was_ordered_is_opened_at_a_deployment_and_stays_open(
    serving: Desk, new_page: OpenPage, width: int, tmp_path: Path
) -> None:
    trust = local_trust(tmp_path / "trust")
    draft = drafted(trust, grounds=GROUNDS, use_case="wanted persons")
    hold(serving.web, authorise(draft, signer_of(trust, "officer")))
    page = await new_page(width)
    await opened(page, serving)
    told = page.locator("#deployments details")
    for term, text in (
        ("Grounds", GROUNDS),
        ("Use case", "wanted persons"),
        ("Zone", "the north gate"),
        ("Drafted by", "drafter"),
        ("Authorised by", "officer"),
        ("Starts", re.compile(r"\d\d:\d\d:\d\d$")),
        ("False alerts", "3 at most; one more suspends it"),
    ):
        said = told.locator("dt").get_by_text(term, exact=True).locator("xpath=following::dd[1]")
        await expect(said).to_have_text(text)
        await expect(said).to_be_visible()
    assert await page.evaluate(SIDEWAYS) == []
    assert await violations(page) == []
    # What happens to the deployment takes it from nobody who reads it, nor the focus.
    now = serving.web.status.now
    ended = replace(now.deployments[0], status="ended")
    serving.web.status.now = replace(now, deployments=(ended,))
    await expect(page.locator("#deployments td").nth(1)).to_have_text("ended")
    await expect(told.get_by_text("wanted persons")).to_be_visible()
    await expect(told.locator("summary")).to_be_focused()


async def test_an_order_that_can_not_be_read_is_said(serving: Desk, new_page: OpenPage) -> None:
    page = await new_page(1280)
    await opened(page, serving)
    fault = page.locator("#deployments details").get_by_role("alert")
    await expect(fault).to_have_text("Not shown: no order of this name was heard here.")
