"""What tests of the officer's page look for."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import Locator, Page, expect


async def live(page: Page) -> None:
    """Wait until a page hears alerts."""
    await expect(page.locator("#connection-state")).to_have_text("Live")


def rows(page: Page) -> Locator:
    """Return the alerts in the list."""
    return page.locator("#alerts li")


async def cameras(page: Page) -> list[str]:
    """Return the cameras of the alerts in the list."""
    return await page.locator("#alerts .where").all_text_contents()


def probe(page: Page) -> Locator:
    """Return the picture from the camera, where it is shown."""
    return page.get_by_role("img", name="Face seen by the camera")


async def picked(page: Page, camera_id: str = "entrance") -> None:
    """Open an alert from the list, and wait for its picture."""
    await page.get_by_role("button", name=camera_id).first.click()
    await expect(probe(page)).to_be_visible()


async def decide(page: Page, *answers: str) -> None:
    """Decide about the alert on the screen."""
    await page.get_by_role("button", name="Decide").click()
    for answer in answers:
        await page.get_by_text(answer, exact=True).click()
    await page.get_by_role("button", name="Record").click()


async def stop_time(page: Page) -> None:
    """Have time go on in a page that isn't opened yet only when a test says so."""
    await page.clock.install()
    # Ahead of the clock, however long it is till this is said.
    await page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))


async def out_of_sight(page: Page) -> None:
    """Let a page think that nobody sees it any more."""
    await page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { get: () => true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
