"""No state of the page breaks a rule of WCAG 2.2 AA that a program can check."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.support.markdown import ROOT
from tests.support.page_desk import Desk
from tests.support.pages import live, picked
from tests.support.watchlists import details
from tests.unit.alert.test_web_receipts import keep_receipts

pytestmark = pytest.mark.asyncio(loop_scope="module")

_AXE = ROOT / "tools/web/node_modules/axe-core/axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_SEES = [
    {"color_scheme": scheme, "width": width}
    for scheme in ("light", "dark")
    for width in (320, 1280)
]


@cache
def axe() -> str:
    return _AXE.read_text(encoding="utf-8")


async def violations(page: Page) -> list[str]:
    """Return what axe finds in a page as it is now."""
    # What is fading in has its colours when it has faded in.
    await page.evaluate(
        "() => Promise.all(document.getAnimations().map((each) => each.finished.catch(() => null)))"
    )
    await page.evaluate(axe())
    found: dict[str, Any] = await page.evaluate(
        "rules => axe.run(document, { runOnly: { type: 'tag', values: rules } })", _RULES
    )
    assert found["passes"]
    return [
        f"{each['id']}: {node['html']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("sees", _SEES, ids=str)
async def test_no_state_of_the_page_has_a_violation(
    serving: Desk, new_page: OpenPage, sees: dict[str, Any]
) -> None:
    told = {"warning_markers": ["May carry a knife"], "instructions": "Ask for a date of birth."}
    await serving.rename(details("Eileen Collins", **told))
    page = await new_page(height=700, reduced_motion="reduce", **sees)
    await page.goto(f"http://127.0.0.1:{serving.port}/")
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert await violations(page) == []
    await page.goto(serving.url)
    await live(page)
    assert await violations(page) == []
    await serving.alert("search-1", camera_id="camera-1")
    await picked_by_itself(page)
    assert await violations(page) == []
    await serving.alert("search-2", camera_id="camera-2")
    await page.get_by_role("button", name="Decide").click()
    await page.get_by_text("No: a false alert").click()
    assert await violations(page) == []
    await page.get_by_text("Yes", exact=True).click()
    await page.get_by_role("button", name="Record").click()
    await expect(page.get_by_text("Erased", exact=True)).to_have_count(3)
    assert await violations(page) == []
    await page.go_back()
    await page.get_by_label("Decided ones too").check()
    assert await violations(page) == []


async def picked_by_itself(page: Page) -> None:
    await expect(page.get_by_role("img", name="Face on the watchlist")).to_be_visible()
    warnings = page.get_by_role("list", name="Warnings")
    await expect(warnings.get_by_text("May carry a knife")).to_be_visible()


@pytest.mark.parametrize("sees", _SEES, ids=str)
async def test_the_desk_has_no_violation(
    serving: Desk, new_page: OpenPage, sees: dict[str, Any]
) -> None:
    page = await new_page(height=800, reduced_motion="reduce", **sees)
    await serving.alert("search-1")
    await page.goto(serving.url.replace("/#", "/desk#"))
    await page.get_by_role("button", name="Read them").click()
    await expect(page.get_by_role("article")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("button", name="Eileen Collins").click()
    await expect(page.get_by_role("img", name="Face on the watchlist")).to_be_visible()
    assert await violations(page) == []
    await page.go_back()
    await page.get_by_role("button", name="End deployment-1").click()
    assert await violations(page) == []


@pytest.mark.parametrize("sees", _SEES, ids=str)
async def test_the_auditors_page_has_no_violation(
    serving: Desk, new_page: OpenPage, sees: dict[str, Any], tmp_path: Path
) -> None:
    await keep_receipts(serving.web, tmp_path)
    page = await new_page(height=800, reduced_motion="reduce", **sees)
    await serving.alert("search-1")
    await page.goto(serving.url.replace("/#", "/audit#"))
    await page.get_by_role("button", name="Read").click()
    await expect(page.locator("#entries tr").first).to_be_visible()
    await expect(page.get_by_text("None is named.")).to_be_visible()
    await expect(page.locator("#receipts tr")).to_have_count(4)
    await page.get_by_role("button", name="Verify this log").click()
    await expect(page.get_by_text("receipts of this log hold.")).to_be_visible()
    assert await violations(page) == []


async def test_what_breaks_a_rule_is_found(serving: Desk, page: Page) -> None:
    await serving.alert("search-1")
    await page.goto(serving.url)
    await picked(page)
    await page.evaluate("document.documentElement.removeAttribute('lang')")
    assert any(each.startswith("html-has-lang") for each in await violations(page))


async def test_a_connection_that_is_lost_has_no_violation(
    serving: Desk, new_page: OpenPage
) -> None:
    page = await new_page(320, color_scheme="dark", reduced_motion="reduce")
    await page.route_web_socket("**/stream", lambda socket: socket.close())
    await page.goto(serving.url)
    await expect(page.get_by_text("alerts don't reach you")).to_be_visible()
    assert await violations(page) == []


# Writes on the page which animations have begun.
_MOVED = """document.addEventListener("animationstart", ({ animationName }) => {
    document.documentElement.dataset.moved = animationName;
}, true);"""


async def test_whoever_wants_less_motion_sees_none_and_others_see_some(
    serving: Desk, new_page: OpenPage
) -> None:
    await serving.alert("search-1")
    for wanted, moved in (("no-preference", "appear"), ("reduce", None)):
        page = await new_page(reduced_motion=wanted)
        await page.add_init_script(_MOVED)
        await page.goto(serving.url)
        await expect(page.locator("#alerts li")).to_have_count(1)
        if moved:
            await expect(page.locator("html")).to_have_attribute("data-moved", moved)
            continue
        assert await page.evaluate("document.getAnimations().length") == 0
        # What moves has begun to by the second frame.
        await page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        assert await page.locator("html").get_attribute("data-moved") is None
