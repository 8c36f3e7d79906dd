"""From footage to a person's screen: the whole stack and a real browser."""

from pathlib import Path

from tests.support.browser import chromium
from tools.running import running_lethe

PICTURES_SHOWN = """() => {
    const pictures = [...document.querySelectorAll("#panel canvas")];
    return pictures.length === 3 && pictures.every(picture => picture.width > 0);
}"""


async def test_an_alert_of_the_demonstration_reaches_a_browser_with_all_pictures(
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
        report = lethe.finish(interrupt=True)
    assert "Local try-out order" in text
    assert report["alerts"]
    assert report["unerased"] == 0
