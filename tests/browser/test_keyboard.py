"""Whoever has no mouse gets to everything on the desk and the auditor's page, in reading order."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_the_desk import desk_of
from tests.support.page_desk import Desk
from tests.support.pages import live, probe
from tests.unit.alert.test_web_receipts import keep_receipts

from lethe.alert.identity.principal import Role
from lethe.contracts.adjudication import Verdict

pytestmark = pytest.mark.asyncio(loop_scope="module")

# What is focused says of itself, on one line; nothing for the page itself.
_NAME = """() => {
    const at = document.activeElement;
    if (at === document.body) return "";
    // The words stand before a field, and behind a box.
    const [of] = at.labels ?? [];
    const label = of && (of.firstChild.textContent || of.textContent);
    return (at.ariaLabel ?? label ?? at.textContent).replace(/\\s+/g, " ").trim();
}"""
_MOST = 60


async def tab_order(page: Page) -> list[str]:
    """Return what Tab leads to, from the beginning of a page to its end."""
    names: list[str] = []
    while len(names) < _MOST:
        await page.keyboard.press("Tab")
        name: str = await page.evaluate(_NAME)
        if not name:
            return names
        names.append(name)
    raise AssertionError(f"the keyboard doesn't get out of it: {names}")


async def tab_to(page: Page, name: str) -> None:
    for _ in range(_MOST):
        await page.keyboard.press("Tab")
        if await page.evaluate(_NAME) == name:
            return
    raise AssertionError(f"no key leads to {name}")


async def the_desk(desk: Desk, new_page: OpenPage) -> Page:
    page = await new_page(1440, 900)
    # The first key turns sound on, and its button says so when it is.
    await page.add_init_script("localStorage.setItem('lethe-sound', 'off')")
    await page.goto(desk_of(desk, Role.SUPERVISOR))
    await live(page)
    await expect(page.get_by_role("button", name="End deployment-1")).to_be_visible()
    return page


async def test_tab_goes_through_the_desk_as_it_is_read(serving: Desk, new_page: OpenPage) -> None:
    await serving.alert("search-1")
    page = await the_desk(serving, new_page)
    await expect(page.get_by_role("button", name="Eileen Collins")).to_be_visible()
    assert await tab_order(page) == [
        "Skip to the content",
        *("Alerts", "Desk"),
        "Figures by deployment",
        *("State", "Deployment", "Name or camera"),
        *("Table of alerts", "Eileen Collins"),
        "Table of deployments",
        "What was ordered in deployment-1",
        *("Walk-through of deployment-1", "End deployment-1"),
        *("Look at", "Look"),
        *("Read them", "Import a watchlist"),
        "Show the receipts",
        *("Sound is off", "Sign out"),
    ]


async def test_a_deployment_is_ended_with_the_keyboard_and_escape_leaves_it_running(
    serving: Desk, new_page: OpenPage
) -> None:
    page = await the_desk(serving, new_page)
    end = page.get_by_role("button", name="End deployment-1")
    sheet = page.get_by_role("dialog", name="End a deployment")
    await tab_to(page, "End deployment-1")
    await page.keyboard.press("Enter")
    # Not the button that ends it: two presses of one key end nothing.
    await expect(sheet.get_by_role("button", name="Back")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await expect(end).to_be_focused()
    assert serving.web.deployments.ended == []
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(sheet.get_by_role("button", name="End it")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(sheet).to_have_count(0)
    assert serving.web.deployments.ended == [("deployment-1", "Oakley")]


async def test_alerts_are_filtered_and_opened_with_the_keyboard(
    serving: Desk, new_page: OpenPage
) -> None:
    for number, verdict in enumerate((Verdict.TRUE_ALERT, None)):
        alert = await serving.alert(f"search-{number}", camera_id=f"camera-{number}")
        if verdict:
            await serving.judge(alert, verdict)
    page = await the_desk(serving, new_page)
    shown = page.locator("#open-count")
    await expect(shown).to_have_text("2 of 2 shown")
    await tab_to(page, "State")
    await page.keyboard.press("ArrowDown")
    await expect(shown).to_have_text("1 of 2 shown")
    await page.keyboard.press("ArrowUp")
    await tab_to(page, "Name or camera")
    await page.keyboard.type("camera-0")
    await expect(shown).to_have_text("1 of 2 shown")
    # Return sends no form, and leaves no page.
    await page.keyboard.press("Enter")
    await tab_to(page, "Eileen Collins")
    await page.keyboard.press("Enter")
    await expect(probe(page)).to_be_visible()
    await expect(page.get_by_role("definition").filter(has_text="camera-0")).to_be_visible()


async def test_tab_goes_through_the_auditors_page_as_it_is_read(
    serving: Desk, new_page: OpenPage, tmp_path: Path
) -> None:
    await keep_receipts(serving.web, tmp_path)
    page = await new_page(1440, 900)
    await page.goto(serving.url_of("Audrey", Role.AUDITOR))
    await page.wait_for_url("**/audit")
    await expect(page.locator("#receipts tr")).to_have_count(4)
    assert await tab_order(page) == [
        "Skip to the content",
        *("From number", "Why you read it (no names)", "Open the reasons"),
        *("Read", "Earlier", "Later"),
        *("Act", "Who, record or reason", "Entries"),
        *("All receipts in one file", "Logs of receipts", "Verify this log"),
        *("Log", "Moments", "Newest receipts", "Receipts in plain words"),
        "Sign out",
    ]


async def test_an_auditor_reads_and_filters_with_the_keyboard(
    serving: Desk, new_page: OpenPage
) -> None:
    await serving.alert("search-1")
    page = await new_page(1440, 900)
    await page.goto(serving.url_of("Audrey", Role.AUDITOR))
    await page.wait_for_url("**/audit")
    entries = page.locator("#entries tr")
    await tab_to(page, "Why you read it (no names)")
    await page.keyboard.type("yearly inspection")
    await tab_to(page, "Read")
    await page.keyboard.press("Enter")
    await expect(entries.first).to_be_visible()
    await tab_to(page, "Who, record or reason")
    await page.keyboard.type("Audrey")
    await expect(entries.first).to_contain_text("Audrey (auditor)")
    await expect(entries.filter(has_text="a probe reached")).to_have_count(0)
