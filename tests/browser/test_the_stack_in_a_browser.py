"""From footage to a person's screen: the whole stack and a real browser."""

from pathlib import Path

from tests.support.browser import chromium
from tools.running import running_lethe

PICTURES_SHOWN = """() => {
    const pictures = [...document.querySelectorAll("#panel canvas")];
    return pictures.length === 3 && pictures.every(picture => picture.width > 0);
}"""


async def test_an_alert_with_all_pictures_and_what_a_camera_sees_reach_a_browser(
    tmp_path: Path,
) -> None:
    with running_lethe(tmp_path, "demo") as lethe:
        async with chromium() as browser:
            page = await browser.new_page()
            await page.goto(lethe.page_address)
            await page.locator("#alerts .row").first.wait_for(timeout=60_000)
            if await page.locator("#panel").is_hidden():
                await page.locator("#alerts .row").first.click()
            await page.wait_for_function(PICTURES_SHOWN)
            text = await page.inner_text("body")
            await page.screenshot(path=tmp_path / "page.png")
            await page.goto(f"{lethe.alert_url}/desk")
            await page.get_by_role("button", name="Look", exact=True).click()
            await page.get_by_role("img", name="every face covered").wait_for(timeout=60_000)
        report = lethe.finish(interrupt=True)
    assert "Local try-out order" in text
    assert report["alerts"]
    assert report["unerased"] == 0
