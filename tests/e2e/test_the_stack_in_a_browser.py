"""From footage to a person's screen: the whole stack and a real browser."""

from pathlib import Path

from tests.support.browser import chromium
from tools.running import running_lethe

PICTURES_SHOWN = """() => {
    const pictures = [...document.querySelectorAll("article img")];
    return pictures.length >= 2 && pictures.every(picture => picture.naturalWidth > 0);
}"""


async def test_an_alert_of_the_demonstration_reaches_a_browser_with_both_pictures(
    tmp_path: Path,
) -> None:
    with running_lethe(tmp_path, "demo") as lethe:
        async with chromium() as browser:
            page = await browser.new_page()
            await page.goto(lethe.page_address)
            await page.locator("article").first.wait_for(timeout=60_000)
            await page.wait_for_function(PICTURES_SHOWN)
            text = await page.inner_text("body")
            await page.screenshot(path=tmp_path / "page.png")
        report = lethe.finish(interrupt=True)
    assert "Local try-out order" in text
    assert report["alerts"]
    assert report["unerased"] == 0
