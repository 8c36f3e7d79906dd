"""An officer who can't go after all leaves the alert to others."""

import pytest
from playwright.async_api import expect
from tests.browser.conftest import OpenPage
from tests.support.page_desk import Desk
from tests.support.pages import picked

from lethe.alert.identity.principal import Role
from lethe.alert.judgements import Adjudication
from lethe.contracts.adjudication import Capacity, Verdict

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_whoever_goes_may_hand_back_and_another_goes(
    serving: Desk, new_page: OpenPage
) -> None:
    alert = await serving.alert("search-1")
    ames, birch = await new_page(), await new_page()
    for page, name in ((ames, "Ames"), (birch, "Birch")):
        await page.goto(serving.url_of(name, Role.ENGAGEMENT_OFFICER))
        await picked(page)
    await ames.get_by_role("button", name="I'm going").click()
    await expect(birch.get_by_role("button", name="Take over")).to_be_visible()
    await expect(birch.get_by_role("button", name="Hand back")).to_have_count(0)
    await ames.get_by_role("button", name="Hand back").click()
    await expect(ames.get_by_role("button", name="Hand back")).to_have_count(0)
    await birch.get_by_role("button", name="I'm going").click()
    await expect(birch.get_by_role("button", name="Hand back")).to_be_visible()
    # Handed back now it would be erased: an operator takes it for false.
    present = serving.web.now()
    false = Adjudication(Verdict.FALSE_ALERT, False, None, "Olga", present, Capacity.OPERATOR)
    await serving.web.desk.handling.adjudicate(alert.alert_id, false)
    await expect(birch.get_by_role("button", name="Hand back")).to_have_count(0)
