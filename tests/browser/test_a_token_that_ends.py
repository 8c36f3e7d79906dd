"""Whose token ends while they look is shown nothing more, is told why, and can sign in again."""

import pytest
from playwright.async_api import Page, WebSocketRoute, expect
from tests.support.page_desk import Desk
from tests.support.pages import live, picked, probe, rows, stop_time

pytestmark = pytest.mark.asyncio(loop_scope="module")

# As alert closes it, see `lethe.alert.web.stream`.
NOT_SIGNED_IN, NOT_ALLOWED = 4401, 4403
MINUTES_MS = 300_000


@pytest.mark.parametrize("code", [NOT_SIGNED_IN, NOT_ALLOWED])
async def test_a_page_whose_token_ended_is_empty_inert_and_offers_to_sign_in(
    serving: Desk, page: Page, code: int
) -> None:
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    await stop_time(page)
    await page.route_web_socket("**/stream", pass_on)
    await serving.alert("search-1")
    await page.goto(serving.url)
    await live(page)
    await picked(page)
    await page.get_by_role("button", name="Decide").click()
    await expect(page.get_by_role("dialog")).to_be_visible()

    await page.context.clear_cookies()
    await sockets[0].close(code=code, reason="your token has expired; sign in again")

    await expect(page.locator("#connection-state")).to_have_text("Signed out")
    told = page.locator("#sign-in").get_by_role("alert")
    await expect(told).to_contain_text("your token has expired; sign in again. Sign in: open")
    await expect(page.get_by_label("Sign-in code or token")).to_be_focused()
    await expect(page.locator("#columns")).to_have_js_property("inert", True)
    for gone in (page.get_by_role("dialog"), page.locator("canvas"), page.locator("#alerts li")):
        await expect(gone).to_have_count(0)
    await expect(page.locator("#panel")).to_be_hidden()
    await expect(page.locator("#who")).to_be_hidden()
    held = await page.locator("body").text_content() or ""
    assert [each for each in ("Eileen", "Northtown", "warrant", "0.83") if each in held] == []
    # It doesn't try again by itself, nor says that it was merely cut off.
    await page.clock.fast_forward(MINUTES_MS)
    await expect(page.get_by_text("alerts don't reach you")).to_be_hidden()
    await expect(page.locator("#unshown")).to_be_hidden()
    assert len(sockets) == 1

    await page.get_by_label("Sign-in code or token").fill(serving.web.issuer.token())
    await page.get_by_role("button", name="Sign in").click()
    await live(page)
    await expect(rows(page)).to_have_count(1)
    await expect(page.locator("#columns")).to_have_js_property("inert", False)
    await picked(page)
    await expect(probe(page)).to_be_visible()
