"""Whoever answers for a deployment reads its receipts at the desk, when they ask for them."""

from pathlib import Path

import pytest
from playwright.async_api import Request, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.support.page_desk import Desk
from tests.support.pages import live
from tests.unit.alert.test_web_receipts import keep_receipts

from lethe.alert.identity.principal import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR])
@pytest.mark.parametrize("width", [320, 1280])
async def test_receipts_are_read_and_verified_at_the_desk(
    serving: Desk, new_page: OpenPage, tmp_path: Path, role: Role, width: int
) -> None:
    await keep_receipts(serving.web, tmp_path)
    page = await new_page(width, 900)
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/receipts" in request.url:
            asked.append(request.url)

    page.on("request", note)
    await page.goto(serving.url_of("Oakley", role).replace("/#", "/desk#"))
    await live(page)
    assert asked == []
    await page.get_by_text("Show the receipts").press("Enter")
    said = page.locator("#receipts tr")
    await expect(said.first).to_contain_text("Handing out keys ended, since it was stopped")
    await page.get_by_role("button", name="Verify this log").click()
    await expect(page.locator("#verified")).to_contain_text("All 8 receipts of this log hold.")
    await expect(page.locator("#witnesses")).to_have_text("None is named.")
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
