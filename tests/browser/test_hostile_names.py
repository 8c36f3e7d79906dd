"""Names, grounds and cameras that try to be more than text, or to be too much of it."""

import pytest
from playwright.async_api import Page, expect
from tests.support.page_desk import Desk
from tests.support.pages import picked
from tests.support.watchlists import details

from lethe.alert.watchlists.subject import SubjectDetails
from lethe.alert.web.views import AlertedSubject

pytestmark = pytest.mark.asyncio(loop_scope="module")

_MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"
_BACKWARDS = "\u202egnp.exe\u2067 \u200f"


def _named(name: str) -> SubjectDetails:
    """Return details that alert doesn't take any more, but may have kept."""
    return details().model_copy(
        update={"name": name, "grounds": name, "instructions": name, "warning_markers": (name,)}
    )


def _told(words: str) -> dict[str, object]:
    """Return what a service would answer that takes anything."""
    told = AlertedSubject.of(_named(words)).model_dump(mode="json")
    return told | {"category": words, "warning_markers": [words, words]}


@pytest.mark.parametrize("name", [_MARKUP, "javascript:alert(1)", "{{7*7}} ${7*7}"])
async def test_markup_stays_text(serving: Desk, page: Page, name: str) -> None:
    await serving.rename(_named(name))
    await serving.alert("search-1", camera_id=_MARKUP)
    await page.goto(serving.url)
    await picked(page, "onerror")
    await expect(page.get_by_role("heading", name=name)).to_be_visible()
    for place in (".markers li", ".words >> nth=0", ".words >> nth=1", ".row .subject"):
        await expect(page.locator(place)).to_have_text(name)
    assert await page.locator("img, script").count() == 2  # ours


async def test_a_name_that_turns_writing_around_turns_nothing_but_itself(
    serving: Desk, page: Page
) -> None:
    await serving.rename(_named(_BACKWARDS))
    await page.route("**/subject", lambda route: route.fulfill(json=_told(_BACKWARDS)))
    await serving.alert("search-1", camera_id=_BACKWARDS)
    await page.goto(serving.url)
    row = page.locator(".row")
    places = [await row.locator(f".{name}").bounding_box() for name in ("subject", "age")]
    assert places[0] is not None
    assert places[1] is not None
    assert places[0]["x"] < places[1]["x"]
    await row.click()
    await expect(page.locator(".markers bdi")).to_have_count(2)
    isolation = "each => getComputedStyle(each).unicodeBidi"
    for name in await page.locator("bdi").all():
        assert await name.evaluate(isolation) == "isolate"


@pytest.mark.parametrize("width", [320, 1100])
@pytest.mark.parametrize("letter", ["W", "ﷺ", "a\u0301\u0302\u0303"])
async def test_ten_thousand_characters_leave_the_page_as_wide_as_it_is(
    serving: Desk, page: Page, width: int, letter: str
) -> None:
    await page.set_viewport_size({"width": width, "height": 700})
    words = letter * (10_000 // len(letter))
    await serving.rename(_named(words))
    await page.route("**/subject", lambda route: route.fulfill(json=_told(words)))
    await serving.alert("search-1", camera_id=words)
    await page.goto(serving.url)
    await picked(page, letter)
    await expect(page.locator(".words")).to_have_text([words, words])
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    name = await page.locator("h2.subject").inner_text()
    assert len(name) <= 201
    await expect(page.get_by_role("button", name="Decide")).to_be_in_viewport()
