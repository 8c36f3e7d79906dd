"""From footage to a person's screen: the whole stack and a real browser."""

from pathlib import Path

from playwright.async_api import Page, expect
from tests.support.browser import chromium
from tools.running import RunningLethe, running_lethe

PICTURES_SHOWN = """() => {
    const pictures = [...document.querySelectorAll("#panel canvas")];
    return pictures.length === 3 && pictures.every(picture => picture.width > 0);
}"""
PATIENCE_MS = 240_000


async def test_an_alert_with_all_pictures_and_what_a_camera_sees_reach_a_browser(
    tmp_path: Path,
) -> None:
    with running_lethe(tmp_path, "demo") as lethe:
        async with chromium() as browser:
            page = await browser.new_page()
            page.set_default_timeout(PATIENCE_MS)
            await page.goto(lethe.page_address)
            await page.locator("#alerts .row").first.wait_for(timeout=PATIENCE_MS)
            if await page.locator("#panel").is_hidden():
                await page.locator("#alerts .row").first.click()
            await page.wait_for_function(PICTURES_SHOWN)
            text = await page.inner_text("body")
            await page.screenshot(path=tmp_path / "page.png")
            await page.goto(f"{lethe.alert_url}/desk")
            await page.get_by_role("button", name="Look", exact=True).click()
            await page.get_by_role("img", name="every face covered").wait_for(timeout=PATIENCE_MS)
        report = lethe.finish(interrupt=True)
    assert "Local try-out order" in text
    assert report["alerts"]
    assert report["unerased"] == 0


async def test_a_volunteer_walks_past_both_cameras_and_nothing_is_left_of_it(
    tmp_path: Path,
) -> None:
    # Each pass is an alert of its own: one that came late keeps none from coming after it.
    arguments = ("demo", "--volunteer", "astronaut", "--cool-down", "3")
    with running_lethe(tmp_path, *arguments) as lethe:
        async with chromium() as browser:
            page = await browser.new_page(viewport={"width": 1440, "height": 1000})
            page.set_default_timeout(PATIENCE_MS)
            await page.goto(lethe.page_address.replace("/#", "/desk#"))
            await page.get_by_role("button", name="Walk-through of").click(timeout=PATIENCE_MS)
            await page.get_by_label("The volunteer has agreed").check()
            await page.get_by_role("button", name="Begin").click()
            for camera in ("camera-1", "camera-2"):
                await camera_passes(page, camera)
            await page.get_by_role("button", name="Erase them").click()
            told = page.get_by_text("2 of 2 cameras have passed")
            await expect(told).to_be_visible(timeout=PATIENCE_MS)
            await page.get_by_role("button", name="Conclude and record").click()
            await expect(page.get_by_text("Concluded and recorded")).to_be_visible()
        record = lethe.ask(f"/api/v1/deployments/{deployment_of(lethe)}/record").json()
        lethe.finish(interrupt=True)
    concluded = [each for each in record["steps"] if each["what"].startswith("walk-through: ")]
    assert [(each["what"], sorted(each["cameras"])) for each in concluded] == [
        ("walk-through: passed", ["camera-1", "camera-2"])
    ]
    assert record["alerts"]["rehearsals"] >= 2


def deployment_of(lethe: RunningLethe) -> str:
    """Return the name of the deployment that runs."""
    [running] = lethe.ask("/api/v1/status").json()["deployments"]
    return str(running["deployment_id"])


async def camera_passes(page: Page, camera: str) -> None:
    """Do what a camera asks for, until an officer has taken an alert that came in time."""
    heading = page.get_by_role("heading", name=camera, exact=True)
    steps = page.get_by_role("article").filter(has=heading)
    await steps.get_by_role("button", name=f"It is right: {camera}").click()
    await expect(steps.get_by_text("✓ The alert came after")).to_be_visible(timeout=PATIENCE_MS)
    await steps.get_by_role("button", name="Open the alert").click()
    await expect(page.locator("#panel")).to_contain_text("nobody is sought, stop nobody")
    await page.get_by_role("button", name="I'm going").click()
    await expect(steps.get_by_text("✓ A phone showed it")).to_be_visible()
