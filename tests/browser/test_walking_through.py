"""A walk-through on the desk: led from step to step, each ticked off by what really happens."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.support.alert_web import served
from tests.support.page_desk import FACE, PORTRAIT, Desk
from tests.support.pages import live, picked
from tests.support.walks import (
    NAME,
    passes,
    receipt_of_alerts,
    receipt_of_frames,
    show_cameras,
    volunteer,
)

from lethe.alert.alerts import Alert
from lethe.alert.identity.principal import Role
from lethe.alert.watchlists.reference import Reference

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Walking:
    """A supervisor at the desk, and an officer with a phone."""

    desk: Desk
    who: Reference
    page: Page
    phone: Page

    def camera(self, name: str) -> Locator:
        """Return the steps of a camera."""
        heading = self.page.get_by_role("heading", name=name, exact=True)
        return self.page.get_by_role("article").filter(has=heading)

    async def done(self, name: str, *texts: str) -> None:
        """See that these steps of a camera are ticked off."""
        for text in texts:
            step = self.camera(name).locator("[data-done=true]").filter(has_text=text)
            await expect(step).to_be_visible()

    async def passes(self, search_id: str, camera_id: str = "entrance") -> Alert:
        return await passes(self.desk.web, self.who, search_id, camera_id, crop=FACE)

    async def begin(self) -> None:
        button = self.page.get_by_role("button", name="Begin")
        await expect(button).to_be_disabled()
        await self.page.get_by_label("The volunteer has agreed").check()
        await button.click()
        await expect(self.page.get_by_text("0 of 2 cameras have passed")).to_be_visible()


@pytest_asyncio.fixture(loop_scope="module")
async def walking(desk: Desk, new_page: OpenPage) -> AsyncIterator[Walking]:
    who = await volunteer(desk.web, PORTRAIT + b"\0")
    show_cameras(desk.web, "live", "reconnecting")
    async with served(desk.web.app(desk.port), desk.port):
        page, phone = await new_page(1280, 900), await new_page()
        await page.goto(desk.url_of("Sue", Role.SUPERVISOR).replace("/#", "/desk#"))
        await phone.goto(desk.url_of("Ames", Role.ENGAGEMENT_OFFICER))
        for each in (page, phone):
            await live(each)
        await page.get_by_role("button", name=f"Walk-through of {NAME}").click()
        yield Walking(desk, who, page, phone)


async def test_a_volunteer_passes_both_cameras_and_all_of_it_is_recorded(walking: Walking) -> None:
    page, phone, web = walking.page, walking.phone, walking.desk.web
    await expect(
        page.get_by_text("One volunteer is searched for. Nobody has begun")
    ).to_be_visible()
    await walking.begin()
    await expect(walking.camera("yard")).to_contain_text("It is reconnecting")
    await expect(walking.camera("yard")).to_contain_text("Has it power and network?")
    show_cameras(web, "live", "live")
    for name in ("entrance", "yard"):
        await page.get_by_role("button", name=f"It is right: {name}").click()
        await walking.done(name, "Pictures come", "Sue found right what it sees")
        await expect(walking.camera(name)).to_contain_text("The volunteer passes")
    for search_id, name in (("a", "entrance"), ("b", "yard")):
        await walking.passes(search_id, name)
        # Seen on the screen of a phone: it says what it is, and whoever is there takes it.
        if name != "entrance":
            await expect(phone.locator("#waiting")).to_have_text("1 new")
            await phone.get_by_role("button", name="All alerts").click()
            await picked(phone, name)
        await expect(phone.get_by_text("nobody is sought, stop nobody")).to_be_visible()
        await phone.get_by_role("button", name="I'm going").click()
        await walking.done(name, "The alert came after", "A phone showed it: Ames took it")
    await expect(page.locator("#alerts tr").first).to_contain_text("Rehearsal: An officer is going")
    await page.get_by_role("button", name="Erase them").click()
    await expect(page.get_by_text("2 of 2 alerts about the volunteer are erased")).to_be_visible()
    # Nothing is left on the phone either.
    await expect(phone.get_by_text("This alert is erased")).to_be_visible()
    await expect(phone.get_by_role("img", name="Face seen by the camera")).to_have_count(0)
    await receipt_of_alerts(web)
    receipt_of_frames(web)
    await expect(page.get_by_text("2 of 2 cameras have passed")).to_be_visible()
    await page.get_by_role("button", name="Conclude and record").click()
    await expect(page.get_by_text("Concluded and recorded")).to_be_visible()
    told = [each.said() for each in await web.audit.after(0, 500)]
    [concluded] = [each for each in told if "was concluded" in str(each["why"])]
    assert (concluded["who"], concluded["why"], concluded["records"]) == (
        "Sue",
        "a walk-through was concluded: passed",
        [f"deployment:{NAME}", "camera:entrance", "camera:yard"],
    )
    async with web.client() as client:
        figures = (await client.get("/api/v1/figures")).json()
    assert figures["deployments"][0]["alerts"] == {
        "open": 0,
        "true": 0,
        "false": 0,
        "unresolved": 0,
        "rehearsals": 2,
    }


async def test_one_that_is_given_up_says_what_was_lacking(walking: Walking) -> None:
    await walking.begin()
    await walking.page.get_by_role("button", name="It is right: entrance").click()
    await walking.done("entrance", "Sue found right")
    await walking.page.get_by_role("button", name="Conclude and record").click()
    await expect(walking.page.get_by_text("Concluded and recorded")).to_be_visible()
    told = [each.said() for each in await walking.desk.web.audit.after(0, 500)]
    assert [
        (each["why"], each["records"]) for each in told if "was concluded" in str(each["why"])
    ] == [
        ("a walk-through was concluded: no pictures came", [f"deployment:{NAME}", "camera:yard"]),
        ("a walk-through was concluded: no alert came", [f"deployment:{NAME}", "camera:entrance"]),
    ]
    # Another may be begun at once.
    await expect(walking.page.get_by_role("button", name="Begin")).to_be_visible()


async def test_why_one_cant_begin_is_said(walking: Walking) -> None:
    walking.desk.web.withdraw(walking.who.subject_id)
    await walking.page.get_by_label("The volunteer has agreed").check()
    await walking.page.get_by_role("button", name="Begin").click()
    await expect(walking.page.get_by_text("Not done: it searches for no volunteer")).to_be_visible()


async def test_a_page_that_is_opened_again_goes_on_where_it_was(walking: Walking) -> None:
    page = walking.page
    await walking.begin()
    await page.get_by_role("button", name="It is right: entrance").click()
    await walking.done("entrance", "Sue found right")
    await page.reload()
    await page.get_by_role("button", name=f"Walk-through of {NAME}").click()
    await walking.done("entrance", "Pictures come", "Sue found right")


async def test_nobody_but_a_supervisor_is_offered_one(desk: Desk, new_page: OpenPage) -> None:
    async with served(desk.web.app(desk.port), desk.port):
        page = await new_page(1280, 900)
        await page.goto(desk.url_of("Oakley", Role.OPERATOR).replace("/#", "/desk#"))
        await live(page)
        await expect(page.get_by_role("button", name=f"End {NAME}")).to_be_visible()
        await expect(page.get_by_role("button", name=f"Walk-through of {NAME}")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_a_walk_through_breaks_no_rule(walking: Walking, scheme: str, width: int) -> None:
    page = walking.page
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.set_viewport_size({"width": width, "height": 800})
    assert await violations(page) == []
    await walking.begin()
    await walking.passes("a")
    await expect(walking.camera("entrance")).to_contain_text("The alert came after")
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
