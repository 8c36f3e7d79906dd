"""What a camera sees, on the desk: shown while it is fresh and while somebody looks."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Route, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.support.alert_web import served
from tests.support.brokers import eventually
from tests.support.forgetting import CAMERA, local_trust
from tests.support.looking import Watched
from tests.support.page_desk import FIGURE, Desk, present
from tests.support.pages import out_of_sight, stop_time

from lethe.alert.identity.principal import Role
from lethe.alert.looks import Looks
from lethe.alert.ports import CameraStatus
from lethe.shredding.trust import LocalTrust

FRESH_MS = -60_000
"""However long it takes to send it, it isn't older than nothing when it is sent."""
WHY = "a view of a camera was opened, faces covered"
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(name="trust", scope="module")
def trust_(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


@dataclass
class Watching:
    """A desk before a camera; views come when a test says so."""

    desk: Desk
    path: Watched
    page: Page

    async def looked_at(self) -> None:
        """Wait until a picture is asked for."""
        await eventually(lambda: bool(self.looks._waiting))

    @property
    def looks(self) -> Looks:
        return self.desk.web.looks

    async def view(self, *, age_ms: int = FRESH_MS) -> None:
        """Let the picture come that is waited for."""
        await self.looked_at()
        now = present()
        captured = now.shifted_to(now.boot_us - age_ms * 1000)
        self.looks.show(*self.path.view(FIGURE, captured))

    @property
    def picture(self) -> Locator:
        return self.page.get_by_role("img", name=f"What {CAMERA} sees")


@pytest_asyncio.fixture(loop_scope="module")
async def watching(desk: Desk, new_page: OpenPage, trust: LocalTrust) -> AsyncIterator[Watching]:
    path = Watched(trust)
    desk.web.holder = path.alert
    await desk.web.restart()
    cameras = (CameraStatus(CAMERA, "deployment-1", "live"),)
    desk.web.status.now = replace(desk.web.status.now, cameras=cameras)
    async with served(desk.web.app(desk.port), desk.port):
        page = await new_page(1280, 900)
        await stop_time(page)
        await page.goto(desk.url_of("Oakley", Role.OPERATOR).replace("/#", "/desk#"))
        await expect(page.get_by_role("combobox", name="Look at")).to_have_value(CAMERA)
        yield Watching(desk, path, page)


async def test_whoever_looks_sees_a_picture_until_it_is_a_second_old(watching: Watching) -> None:
    page = watching.page
    await page.get_by_role("button", name="Look", exact=True).press("Enter")
    await expect(page.get_by_text("Waiting for a picture.")).to_be_visible()
    await watching.view()
    await expect(watching.picture).to_be_visible()
    await expect(page.locator("#view-age")).to_have_text("0 ms old when it was sent")
    await page.clock.run_for(990)
    await expect(watching.picture).to_be_visible()
    # Nothing more comes, and it goes by itself.
    await page.clock.run_for(10)
    await expect(watching.picture).to_have_count(0)
    await expect(page.locator("#view-age")).to_have_text("")
    gone = page.get_by_text(re.compile(r"^No picture since .*\d\d:\d\d:\d\d: see below how"))
    await expect(gone).to_be_visible()
    await watching.view()
    await expect(watching.picture).to_be_visible()
    await expect(gone).to_have_count(0)
    told = [each.said() for each in await watching.desk.web.audit.after(0, 100)]
    [look] = [each for each in told if each["why"] == WHY]
    assert (look["who"], look["records"]) == (
        "Oakley",
        [f"camera:{CAMERA}", "deployment:deployment-1"],
    )


async def test_whoever_stops_sees_nothing_and_asks_for_nothing(watching: Watching) -> None:
    page = watching.page
    await page.get_by_role("button", name="Look", exact=True).click()
    await watching.view()
    await expect(watching.picture).to_be_visible()
    await page.get_by_role("button", name="Stop looking").click()
    await expect(watching.picture).to_have_count(0)
    await eventually(lambda: not watching.looks._waiting)


async def test_a_page_out_of_sight_shows_nothing_and_asks_for_nothing(watching: Watching) -> None:
    page = watching.page
    await page.get_by_role("button", name="Look", exact=True).click()
    await watching.view()
    await expect(watching.picture).to_be_visible()
    await out_of_sight(page)
    await expect(page.get_by_text("Stopped: this page was out of sight.")).to_be_visible()
    await expect(watching.picture).to_have_count(0)
    await eventually(lambda: not watching.looks._waiting)


async def test_a_picture_that_comes_too_late_is_not_shown(watching: Watching) -> None:
    page = watching.page
    await page.get_by_role("button", name="Look", exact=True).click()
    await watching.view(age_ms=1_000)
    await expect(page.get_by_text("Pictures come too late to be shown.")).to_be_visible()
    await expect(watching.picture).to_have_count(0)
    await page.clock.run_for(1_000)
    await watching.view()
    await expect(watching.picture).to_be_visible()


async def test_a_camera_that_is_gone_is_told_of_and_not_looked_at(watching: Watching) -> None:
    page, status = watching.page, watching.desk.web.status
    await page.get_by_role("button", name="Look", exact=True).click()
    await watching.looked_at()
    status.now = replace(status.now, cameras=())
    await page.clock.run_for(6_000)
    await expect(page.get_by_text("Stopped: the camera is gone.")).to_be_visible()
    await expect(page.get_by_role("button", name="Look", exact=True)).to_be_disabled()
    await eventually(lambda: not watching.looks._waiting)


async def test_a_camera_that_has_ended_is_said_to_have(watching: Watching) -> None:
    page, status = watching.page, watching.desk.web.status
    await page.get_by_role("button", name="Look", exact=True).click()
    await watching.view()
    await expect(watching.picture).to_be_visible()
    [camera] = status.now.cameras
    status.now = replace(status.now, cameras=(replace(camera, state="ended"),))
    await page.clock.run_for(6_000)
    told = page.locator("#view-told")
    await expect(told).to_have_text(re.compile(r"^No picture since .*: the camera has ended\.$"))
    # Whoever looks now is told at once.
    await page.get_by_role("button", name="Stop looking").click()
    await page.get_by_role("button", name="Look", exact=True).click()
    await expect(told).to_have_text("No picture comes: the camera has ended.")


async def test_why_nothing_is_shown_is_said(watching: Watching) -> None:
    page = watching.page
    await page.route("**/view", lambda route: route.fulfill(status=204))
    await page.get_by_role("button", name="Look", exact=True).click()
    await expect(page.get_by_text("No picture comes")).to_be_visible()
    told = {"detail": "people look at 64 cameras already; wait a moment"}
    await page.unroute("**/view")
    await page.route("**/view", lambda route: route.fulfill(status=429, json=told))
    await page.clock.run_for(1_000)
    await expect(page.get_by_text("It can't be shown: people look at 64 cameras")).to_be_visible()
    await page.unroute("**/view")
    await page.route("**/view", lambda route: route.abort())
    await page.clock.run_for(1_000)
    await expect(page.locator("#view-told")).to_have_text("The service doesn't answer.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_a_view_breaks_no_rule(watching: Watching, scheme: str, width: int) -> None:
    page = watching.page
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.set_viewport_size({"width": width, "height": 800})
    answers = iter([{"body": FIGURE, "headers": {"Lethe-Age-Ms": "-600000"}}])

    async def answer(route: Route) -> None:
        # One that stays, and then none.
        for fresh in answers:
            await route.fulfill(**fresh)  # type: ignore[arg-type]

    await page.route("**/view", answer)
    await page.get_by_role("button", name="Look", exact=True).click()
    await expect(watching.picture).to_be_visible()
    await page.clock.resume()
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
