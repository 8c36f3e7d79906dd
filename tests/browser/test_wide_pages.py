"""On a wall of screens nothing scrolls sideways, and no rule of WCAG is broken either."""

from pathlib import Path

import pytest
from playwright.async_api import expect
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.browser.test_narrow_pages import SIDEWAYS, opened
from tests.support.page_desk import Desk
from tests.support.pages import live, probe
from tests.unit.alert.test_web_receipts import keep_receipts

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEEN = {"width": 3840, "height": 2160, "reduced_motion": "reduce"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_desk_at_3840_pixels(serving: Desk, new_page: OpenPage, scheme: str) -> None:
    page = await new_page(**SEEN, color_scheme=scheme)
    await opened(serving, page, "desk")
    await live(page)
    await expect(page.locator("#alerts tr")).to_have_count(3)
    await expect(page.locator("#deployments tr")).to_have_count(1)
    await expect(page.locator("#by-deployment tr")).to_have_count(1)
    await page.get_by_role("button", name="Read them").click()
    await expect(page.get_by_role("article")).to_be_visible()
    assert await page.evaluate(SIDEWAYS) == []
    assert await violations(page) == []
    # Beside an alert tables have less room.
    await page.get_by_role("button", name="Eileen Collins").first.click()
    await expect(probe(page)).to_be_visible()
    assert await page.evaluate(SIDEWAYS) == []
    assert await violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_auditors_page_at_3840_pixels(
    serving: Desk, new_page: OpenPage, scheme: str, tmp_path: Path
) -> None:
    await keep_receipts(serving.web, tmp_path)
    page = await new_page(**SEEN, color_scheme=scheme)
    await opened(serving, page, "audit")
    await page.get_by_role("button", name="Read").click()
    for rows in ("#entries", "#receipts"):
        await expect(page.locator(f"{rows} tr").first).to_be_visible()
    assert await page.evaluate(SIDEWAYS) == []
    assert await violations(page) == []
