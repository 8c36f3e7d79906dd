"""Acknowledging, going and deciding, alone and with others who do so at the same time."""

import asyncio

import pytest
from playwright.async_api import Page, Route, expect
from tests.browser.conftest import OpenPage
from tests.support.page_desk import Desk
from tests.support.pages import decide, live, picked, probe

from lethe.alert.identity.principal import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

YES, NO = "Yes: a true alert", "No: a false alert"


async def test_an_officer_acknowledges_goes_and_decides(serving: Desk, page: Page) -> None:
    await page.goto(serving.url_of("Ames", Role.ENGAGEMENT_OFFICER))
    await live(page)
    alert = await serving.alert("search-1")
    await page.get_by_role("button", name="Acknowledge").click()
    await expect(page.get_by_text("Acknowledged by Ames")).to_be_visible()
    await page.get_by_role("button", name="I'm going").click()
    await expect(page.get_by_text("Ames is going")).to_be_visible()
    await expect(page.get_by_role("button", name="I'm going")).to_have_count(0)

    await page.get_by_role("button", name="Decide").click()
    await page.get_by_text(YES).click()
    await expect(page.get_by_role("button", name="Record")).to_be_disabled()
    await page.get_by_text("Yes", exact=True).click()
    assert await page.get_by_role("option", name="not engaged").is_disabled()
    await page.get_by_label("Outcome").select_option("arrest")
    await page.get_by_role("button", name="Record").click()

    told = "True alert, confirmed after an engagement, arrest: Ames"
    await expect(page.get_by_text(told)).to_be_visible()
    await expect(probe(page)).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    [known] = await serving.web.desk.after(alert.sequence - 1, 1)
    assert known.state == "adjudicated"


async def test_an_operator_neither_goes_nor_confirms(serving: Desk, page: Page) -> None:
    await serving.alert("search-1")
    await page.goto(serving.url_of("Oakley", Role.OPERATOR))
    await picked(page)
    await expect(page.get_by_role("button", name="I'm going")).to_have_count(0)
    await page.get_by_role("button", name="Decide").click()
    await expect(page.get_by_text("Did you speak to the person?")).to_be_hidden()
    await page.get_by_text(YES).click()
    await page.get_by_role("button", name="Record").click()
    await expect(page.get_by_text("True alert, unconfirmed: operator Oakley")).to_be_visible()


async def test_an_officer_takes_over_from_another_who_sees_it(
    serving: Desk, new_page: OpenPage
) -> None:
    await serving.alert("search-1")
    pages = []
    for officer in ("Ames", "Birch"):
        page = await new_page()
        await page.goto(serving.url_of(officer, Role.ENGAGEMENT_OFFICER))
        await picked(page)
        pages.append(page)
    ames, birch = pages
    await ames.get_by_role("button", name="I'm going").click()
    await expect(birch.get_by_text("Ames is going")).to_be_visible()
    await birch.get_by_role("button", name="Take over").click()
    for page in pages:
        await expect(page.get_by_text("Birch is going")).to_be_visible()
    await ames.go_back()
    await expect(ames.get_by_text("An officer is going")).to_be_visible()
    await birch.go_back()
    await expect(birch.get_by_text("You are going")).to_be_visible()


async def test_of_two_officers_who_decide_at_once_the_second_is_told_and_decides_anew(
    serving: Desk, new_page: OpenPage
) -> None:
    await serving.alert("search-1")
    pages = []
    for officer in ("Ames", "Birch"):
        page = await new_page()
        await page.goto(serving.url_of(officer, Role.ENGAGEMENT_OFFICER))
        await picked(page)
        pages.append(page)
    ames, birch = pages
    held: asyncio.Queue[Route] = asyncio.Queue()
    await birch.route("**/adjudications", held.put)
    await decide(birch, YES, "No")
    on_its_way = await held.get()

    await decide(ames, YES, "Yes")
    await expect(
        ames.get_by_text("True alert, confirmed after an engagement: Ames")
    ).to_be_visible()
    await on_its_way.continue_()

    sheet = birch.get_by_role("dialog")
    await expect(sheet.get_by_role("alert")).to_contain_text("somebody has done something about")
    await birch.unroute("**/adjudications")
    await sheet.get_by_role("button", name="Back").click()
    await expect(
        birch.get_by_text("True alert, confirmed after an engagement: Ames")
    ).to_be_visible()
    await decide_anew(birch)
    for page in pages:
        await expect(page.get_by_text("True alert, unconfirmed: Birch")).to_be_visible()


async def decide_anew(page: Page) -> None:
    await page.get_by_role("button", name="Change the decision").click()
    await page.get_by_text(YES).click()
    await page.get_by_text("No", exact=True).click()
    await page.get_by_role("button", name="Record").click()


async def test_a_false_alert_is_erased_on_every_page_and_closed(
    serving: Desk, new_page: OpenPage
) -> None:
    await serving.alert("search-1")
    ames, birch = await new_page(), await new_page(1100)
    for page in (ames, birch):
        await page.goto(serving.url_of("Ames"))
        await picked(page)
    await ames.get_by_role("button", name="Decide").click()
    await ames.get_by_text(NO).click()
    await expect(ames.get_by_text("Its pictures are erased for good")).to_be_visible()
    await ames.get_by_role("button", name="Back").click()
    await expect(probe(ames)).to_be_visible()
    await decide(ames, NO, "Yes")
    for page in (ames, birch):
        await expect(page.get_by_text("Erased", exact=True)).to_have_count(3)
        await expect(page.get_by_text("False alert, confirmed after an engagement")).to_be_visible()
        for name in ("Decide", "Acknowledge", "I'm going"):
            await expect(page.get_by_role("button", name=name)).to_have_count(0)


async def test_an_operator_is_told_that_a_false_verdict_erases_unless_somebody_is_going(
    serving: Desk, new_page: OpenPage
) -> None:
    alert = await serving.alert("search-1")
    oakley, ames = await new_page(), await new_page()
    await oakley.goto(serving.url_of("Oakley", Role.OPERATOR))
    await picked(oakley)
    await oakley.get_by_role("button", name="Decide").click()
    sheet = oakley.get_by_role("dialog")
    erases = sheet.get_by_text("Its pictures are erased for good, everywhere.")
    recorded = sheet.get_by_text("It is recorded, and nothing is erased by it: somebody is going")
    await sheet.get_by_text(YES).click()
    for each in (erases, recorded):
        await expect(each).to_be_hidden()
    await sheet.get_by_text(NO).click()
    await expect(erases).to_be_visible()

    await serving.web.desk.handling.claim(alert.alert_id, "Birch")

    # Also on a sheet that is open.
    await expect(recorded).to_be_visible()
    await expect(erases).to_be_hidden()
    await sheet.get_by_role("button", name="Record").click()
    await expect(oakley.get_by_text("False alert, unconfirmed: operator Oakley")).to_be_visible()
    await expect(probe(oakley)).to_be_visible()
    [known] = await serving.web.desk.after(alert.sequence - 1, 1)
    assert not known.is_false
    assert not known.erased

    # To whoever may have been there it says what their word does.
    await ames.goto(serving.url_of("Ames", Role.ENGAGEMENT_OFFICER))
    await picked(ames)
    await ames.get_by_role("button", name="Decide").click()
    await ames.get_by_text(NO).click()
    await expect(ames.get_by_text("Its pictures are erased for good")).to_be_visible()
    await expect(ames.get_by_text("nothing is erased by it")).to_be_hidden()


async def test_what_could_not_be_recorded_is_said_and_can_be_tried_again(
    serving: Desk, page: Page
) -> None:
    await serving.alert("search-1")
    await page.goto(serving.url)
    await picked(page)
    await page.route("**/acknowledgement", lambda route: route.abort())
    await page.get_by_role("button", name="Acknowledge").click()
    told = "Not recorded: the service doesn't answer; try again."
    await expect(page.get_by_text(told)).to_be_visible()
    await page.unroute("**/acknowledgement")
    await page.get_by_role("button", name="Acknowledge").click()
    await expect(page.get_by_text("Acknowledged by Ames")).to_be_visible()
    await expect(page.get_by_text(told)).to_have_count(0)


async def test_the_keyboard_alone_is_enough(serving: Desk, page: Page) -> None:
    await serving.alert("search-1")
    await page.goto(serving.url_of("Ames", Role.ENGAGEMENT_OFFICER))
    await live(page)

    async def tab_to(name: str) -> None:
        focused = page.locator(":focus")
        for _ in range(30):
            await page.keyboard.press("Tab")
            if name in (await focused.inner_text()):
                return
        raise AssertionError(f"no key leads to {name}")

    await expect(page.get_by_role("button", name="entrance")).to_be_visible()
    await tab_to("Eileen Collins")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Eileen Collins")).to_be_focused()
    await tab_to("Acknowledge")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Acknowledged by Ames")).to_be_visible()
    await expect(page.get_by_role("button", name="I'm going")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Space")  # the first answer
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")  # no: I didn't speak to the person
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("True alert, unconfirmed: Ames")).to_be_visible()
    # Others may be told before whoever decided is answered: till then the key closes the sheet.
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("heading", name="Alerts")).to_be_visible()


async def test_news_of_an_alert_leaves_the_button_that_somebody_is_at(
    serving: Desk, page: Page
) -> None:
    alert = await serving.alert("search-1")
    await page.goto(serving.url_of("Ames", Role.ENGAGEMENT_OFFICER))
    await picked(page)
    decide_button = page.get_by_role("button", name="Decide")
    await decide_button.focus()
    await serving.web.desk.handling.acknowledge(alert.alert_id, "Birch")
    await expect(page.get_by_text("Acknowledged by Birch")).to_be_visible()
    await expect(decide_button).to_be_focused()
    await page.get_by_role("button", name="I'm going").focus()
    await serving.web.desk.handling.claim(alert.alert_id, "Birch")
    await expect(page.get_by_role("button", name="Take over")).to_be_focused()
