"""Makes the pictures of the documentation anew: `python -m tools.screenshots [FOLDER]`.

From real runs on the demonstration's footage, in which only NASA's portrait in the public domain is
searched for: nobody else has an alert, and every other face is covered as it is for everybody.
Whoever runs it looks at each picture before committing it.
"""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, Page, ViewportSize, expect
from tests.support.browser import chromium
from tools.running import RunningLethe, running_lethe, wait_until

from lethe.alert.identity.principal import Role
from lethe.cli.home import find_home
from lethe.cli.identity.minting import Grant, LocalTokens

IMAGES = Path(__file__).parents[1] / "docs" / "images"
NAMES = ("audit", "desk", "officer-alert", "officer-page", "walk-through")
ENOUGH = 4
GOOD = 0.92
"""From such a score on the face is whole and looks this way."""
WHO = "E. Example"
_PATIENCE_MS = 240_000
expect.set_options(timeout=_PATIENCE_MS)
_DRAWN = """() => {
    const pictures = [...document.querySelectorAll("#panel canvas")];
    return pictures.length === 3 && pictures.every(picture => picture.width > 0);
}"""
_PHONE, _SCREEN, _HIGH = (390, 844), (1280, 900), (1440, 1750)


def token_of(name: str, *roles: Role) -> str:
    """Return a token for somebody."""
    return LocalTokens(Grant(name, roles), find_home().trust)()


@asynccontextmanager
async def opened(
    browser: Browser,
    lethe: RunningLethe,
    who: tuple[str, Role],
    path: str = "/",
    size: tuple[int, int] = _SCREEN,
    **options: Any,
) -> AsyncIterator[Page]:
    """Open a page as somebody, in a browser of their own."""
    viewport = ViewportSize(width=size[0], height=size[1])
    context = await browser.new_context(viewport=viewport, **options)
    page = await context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    secret = {"token": token_of(*who)}
    signed_in = await context.request.post(f"{lethe.alert_url}/api/v1/session", data=secret)
    assert signed_in.ok, await signed_in.text()
    await page.goto(f"{lethe.alert_url}{path}")
    yield page
    await context.close()


async def drawn(page: Page) -> None:
    """Wait until the alert on the screen is there with its pictures, and check whom it is about."""
    await page.wait_for_function(_DRAWN)
    await expect(page.locator("#panel")).to_contain_text(WHO)


async def shows_a_good_one(page: Page, lethe: RunningLethe) -> None:
    """Open the newest alert once its picture is good."""
    async with asyncio.timeout(_PATIENCE_MS / 1000):
        while True:
            if await _opens_a_good_one(page, lethe):
                return
            await asyncio.sleep(0.5)


async def _opens_a_good_one(page: Page, lethe: RunningLethe) -> bool:
    score = (await asyncio.to_thread(lethe.alerts))[-1]["score"]
    if score is None or score < GOOD:
        return False
    if await page.locator("#panel").is_visible():
        await page.get_by_role("button", name="All alerts").click()
    await page.locator("#alerts button").first.click()
    await drawn(page)
    # Another one may have come meanwhile.
    return f"{score:.2f}, the order" in await page.locator("#panel").inner_text()


def act(lethe: RunningLethe, name: str, role: Role, alert: dict[str, Any], what: str) -> None:
    """Do something about an alert as somebody, or decide on it."""
    said = {"true": ("true_alert", "other_disposal"), "false": ("false_alert", "no_action")}
    path, body = what, None
    if what in said:
        verdict, outcome = said[what]
        path, body = "adjudications", {"verdict": verdict, "outcome": outcome, "confirmed": True}
    answer = httpx.post(
        f"{lethe.alert_url}/api/v1/alerts/{alert['alert_id']}/{path}",
        json=body,
        headers={"Authorization": f"Bearer {token_of(name, role)}"},
        timeout=60,
    )
    assert answer.is_success, answer.text


def watched(folder: Path, *options: str) -> tuple[str, ...]:
    """Return the arguments of a run on the demonstration's footage that seeks the portrait only."""
    footage = find_home().demonstration
    people = folder / "people"
    people.mkdir()
    shutil.copy(footage / "watchlist" / "astronaut.png", people / f"{WHO}.png")
    films = [str(footage / f"camera-{number}.mp4") for number in (1, 2)]
    return ("watch", *films, "--watchlist", str(people), "--cool-down", "2", *options)


async def alerts(folder: Path, out: Path) -> None:
    """Picture alerts on a phone, on a screen and on the desk, and the auditor's page."""
    with running_lethe(folder, *watched(folder)) as lethe:
        async with chromium() as browser:
            await asyncio.to_thread(wait_until, lambda: len(lethe.alerts()) >= ENOUGH)
            by_score = sorted(lethe.alerts()[:ENOUGH], key=lambda each: float(each["score"]))
            first, second, third, fourth = by_score
            act(lethe, "Officer 2", Role.ENGAGEMENT_OFFICER, first, "false")
            act(lethe, "Officer 2", Role.ENGAGEMENT_OFFICER, second, "true")
            act(lethe, "Officer 3", Role.ENGAGEMENT_OFFICER, third, "claim")
            act(lethe, "Operator 1", Role.OPERATOR, fourth, "acknowledgement")
            officer = ("Officer 1", Role.ENGAGEMENT_OFFICER)
            async with opened(browser, lethe, officer, size=_PHONE, color_scheme="dark") as phone:
                await shows_a_good_one(phone, lethe)
                await phone.screenshot(path=out / "officer-alert.png")
            async with opened(browser, lethe, officer) as screen:
                await shows_a_good_one(screen, lethe)
                await screen.screenshot(path=out / "officer-page.png")
            supervisor = ("Supervisor 1", Role.SUPERVISOR)
            async with opened(browser, lethe, supervisor, "/desk", _HIGH) as desk:
                seen = desk.get_by_role("row").filter(has_text="Seen").first
                await seen.get_by_role("button").click()
                await drawn(desk)
                await desk.get_by_role("button", name="Look", exact=True).click()
                await desk.get_by_role("img", name="every face covered").wait_for()
                consoles = desk.locator("#deployments")
                await expect(consoles).to_contain_text("1 connected, 1 up to date")
                await desk.screenshot(path=out / "desk.png")
            auditor = ("Auditor 1", Role.AUDITOR)
            async with opened(browser, lethe, auditor, "/audit", (1440, 900)) as audit:
                await audit.get_by_label("Why you read it").fill("quarterly inspection")
                await audit.get_by_role("button", name="Read").click()
                await audit.locator("#entries tr").first.wait_for()
                await audit.screenshot(path=out / "audit.png")
        lethe.finish(interrupt=True)


async def walk_through(folder: Path, out: Path) -> None:
    """Picture a walk-through: one camera has passed, at the other nobody has taken the alert."""
    with running_lethe(folder, *watched(folder, "--volunteer", WHO)) as lethe:
        async with chromium() as browser:
            supervisor = ("Supervisor 1", Role.SUPERVISOR)
            async with opened(browser, lethe, supervisor, "/desk", _HIGH) as page:
                await page.get_by_role("button", name="Walk-through of").click()
                await page.get_by_label("The volunteer has agreed").check()
                await page.get_by_role("button", name="Begin").click()
                for camera in ("camera-1", "camera-2"):
                    heading = page.get_by_role("heading", name=camera, exact=True)
                    steps = page.get_by_role("article").filter(has=heading)
                    await steps.get_by_role("button", name=f"It is right: {camera}").click()
                    await steps.get_by_text("✓ The alert came after").wait_for()
                taken = next(each for each in lethe.alerts() if each["camera_id"] == "camera-1")
                act(lethe, "Officer 1", Role.ENGAGEMENT_OFFICER, taken, "claim")
                await page.get_by_text("✓ A phone showed it").wait_for()
                await page.locator("#walk-through").screenshot(path=out / "walk-through.png")
        lethe.finish(interrupt=True)


async def main(out: Path) -> None:
    """Make all of them in a folder."""
    for make in (alerts, walk_through):
        with tempfile.TemporaryDirectory() as folder:
            await make(Path(folder), out)
    print(f"made {', '.join(NAMES)} in {out}: look at each of them")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES))
