"""A new alert is heard: tones are really started, and only by whom they are wanted."""

import pytest
from playwright.async_api import Page, expect
from tests.support.page_desk import Desk
from tests.support.pages import live, rows, stop_time

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Writes on the page what its scripts ask of the browser, and lets them have it.
_COUNTED = """
    const told = { made: 0, tones: 0, shaken: 0 };
    const count = (what) => {
        told[what] += 1;
        document.documentElement.dataset[what] = String(told[what]);
    };
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
        if (this.context.state === "running") count("tones");
        return start.apply(this, when);
    };
    window.AudioContext = class extends AudioContext {
        constructor() {
            super();
            count("made");
        }
    };
    navigator.vibrate = () => count("shaken");
"""
TONES = 3
A_SECOND = 1_100


async def counted(page: Page, what: str, times: int) -> None:
    await expect(page.locator("html")).to_have_attribute(f"data-{what}", str(times))


async def never(page: Page, what: str) -> None:
    assert await page.locator("html").get_attribute(f"data-{what}") is None


async def test_tones_are_played_for_new_alerts_while_sound_is_on(serving: Desk, page: Page) -> None:
    await page.add_init_script(_COUNTED)
    await stop_time(page)
    await page.goto(serving.url)
    await live(page)
    await serving.alert("search-1")
    # A browser plays nothing before somebody has touched the page: it isn't asked to.
    await counted(page, "shaken", 1)
    await never(page, "made")
    await page.go_back()

    await page.get_by_role("button", name="Turn sound on").click()
    await counted(page, "made", 1)
    # So that whoever turned it on knows how it sounds.
    await counted(page, "tones", TONES)
    await page.clock.fast_forward(A_SECOND)
    await serving.alert("search-2")
    await counted(page, "tones", 2 * TONES)
    # Of many at once there is one sound.
    await serving.alert("search-3")
    await expect(rows(page)).to_have_count(3)
    await counted(page, "tones", 2 * TONES)
    await page.clock.fast_forward(A_SECOND)
    await serving.alert("search-4")
    await counted(page, "tones", 3 * TONES)

    await page.go_back()
    await page.get_by_role("button", name="Sound is on").click()
    await expect(page.get_by_role("button", name="Sound is off")).to_be_visible()
    await page.clock.fast_forward(A_SECOND)
    await serving.alert("search-5")
    await counted(page, "shaken", 4)
    await counted(page, "tones", 3 * TONES)
    await counted(page, "made", 1)


async def test_the_first_touch_anywhere_turns_sound_on(serving: Desk, page: Page) -> None:
    await page.add_init_script(_COUNTED)
    await page.goto(serving.url)
    await live(page)
    await page.get_by_role("heading", name="Alerts").click()
    await expect(page.get_by_role("button", name="Sound is on")).to_be_visible()
    await never(page, "tones")
    await serving.alert("search-1")
    await counted(page, "tones", TONES)
