"""The page of auditors: what was done, and the receipts, read-only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, Request, Route, expect
from tests.browser.conftest import OpenPage
from tests.support.page_desk import Desk
from tests.support.receipts import SIGNER
from tests.unit.alert.test_web_receipts import keep_receipts

from lethe.alert.identity.principal import Role
from lethe.alert.witnessing import WitnessState
from lethe.receipts.origins import fingerprint

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def numbers(page: Page) -> list[int]:
    told = await page.locator("#entries td:nth-of-type(1)").all_text_contents()
    return [int(each) for each in told]


async def read(page: Page) -> None:
    await page.get_by_role("button", name="Read").click()


async def test_an_auditor_who_signs_in_reads_the_newest_entries_and_says_why(
    serving: Desk, new_page: OpenPage
) -> None:
    await serving.alert("search-1", camera_id="camera-1")
    page = await new_page(1440, 900)
    await page.goto(serving.url_of("Audrey", Role.AUDITOR))
    await page.wait_for_url("**/audit")
    await expect(page.locator("#range")).to_have_text("not read yet")
    await read(page)
    entry = page.locator("#entries tr").filter(has_text="a probe reached the order's threshold")
    await expect(entry).to_contain_text("alert-1 (service)combination")
    shown = await numbers(page)
    assert shown == sorted(shown, reverse=True)
    # Their own look at the first entry is among them.
    own = page.locator("#entries tr").filter(has_text="Audrey (auditor)")
    await expect(own.first).to_contain_text("the audit log was read")

    await page.get_by_label("Why you read it (no names)").fill("yearly inspection")
    await read(page)
    await expect(own.nth(1)).to_be_visible()
    await read(page)
    await expect(page.get_by_role("cell", name="not asked for").first).to_be_visible()
    reasons = page.get_by_label("Open the reasons")
    box, label = [
        await each.bounding_box() for each in (reasons, page.locator("label").filter(has=reasons))
    ]
    # Both are on one line, the words behind the box.
    assert box
    assert label
    assert box["x"] - label["x"] < box["width"]
    assert label["height"] < 2.5 * box["height"]
    await reasons.check()
    await read(page)
    await expect(page.get_by_role("cell", name="yearly inspection").first).to_be_visible()
    await page.get_by_label("Act").select_option("collection")
    await expect(page.locator("#entries tr").first).to_contain_text("collection")
    await page.get_by_label("Who, record or reason").fill("nobody")
    await expect(page.locator("#entries tr")).to_have_count(0)


async def test_an_auditor_goes_through_the_log_page_by_page(
    serving: Desk, new_page: OpenPage
) -> None:
    for number in range(150):
        await serving.alert(f"search-{number}", camera_id=f"camera-{number}")
    page = await new_page(1440, 900)
    await page.goto(serving.url_of("Audrey", Role.AUDITOR))
    await read(page)
    await expect(page.locator("#entries tr")).to_have_count(200)
    newest = (await numbers(page))[0]
    await page.get_by_role("button", name="Earlier").click()
    told = page.locator("#range")
    await expect(told).to_have_text(f"{newest - 399 if newest > 399 else 1} to 200 of {newest + 2}")
    assert (await numbers(page))[-1] == 1
    await page.get_by_role("button", name="Later").click()
    await expect(told).to_contain_text("201 to")
    await page.get_by_label("From number").fill("7")
    await read(page)
    await expect(told).to_contain_text("7 to 206")


@asynccontextmanager
async def overtaken(page: Page, address: str) -> AsyncIterator[None]:
    """Have the answer to the first request come when the block has ended, and be taken."""
    late = asyncio.Event()

    async def hold(route: Route) -> None:
        await late.wait()
        await route.continue_()

    await page.route(f"**{address}?*", hold, times=1)
    async with page.expect_response(lambda answer: late.is_set() and address in answer.url) as last:
        yield
        late.set()
    await (await last.value).finished()
    await page.evaluate("new Promise((resolve) => setTimeout(resolve))")


async def test_an_answer_that_comes_late_takes_the_place_of_no_later_one(
    serving: Desk, new_page: OpenPage, tmp_path: Path
) -> None:
    await keep_receipts(serving.web, tmp_path)
    page = await new_page(1440, 900)
    await page.goto(serving.url_of("Audrey", Role.AUDITOR))
    receipts, told = page.locator("#receipts tr"), page.locator("#range")
    await expect(receipts).to_have_count(4)
    async with overtaken(page, "/api/v1/audit"):
        for number in ("1", "2"):
            async with page.expect_request("**/api/v1/audit?*"):
                await page.get_by_label("From number").fill(number)
                await read(page)
        await expect(told).to_contain_text("2 to")
    await expect(told).to_contain_text("2 to")
    async with overtaken(page, "/api/v1/receipts/entries"):
        for moments in ("Each of them", "Left out"):
            async with page.expect_request("**/api/v1/receipts/entries?*"):
                await page.get_by_role("combobox", name="Moments").select_option(moments)
        await expect(receipts).to_have_count(4)
    await expect(receipts).to_have_count(4)


async def test_receipts_and_witnesses_are_told_and_nothing_is_changed(
    serving: Desk, new_page: OpenPage
) -> None:
    serving.web.witnesses.append(WitnessState("witness.example", cosigned=3, fault="it is away"))
    page = await new_page(1440, 900)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.method)

    await page.goto(serving.url_of("Audrey", Role.AUDITOR))
    await page.wait_for_url("**/audit")
    page.on("request", note)
    await page.goto(f"http://127.0.0.1:{serving.port}/audit")
    await expect(page.locator("#witnesses")).to_have_text(
        "witness.example: 3 cosigned since the service began; not the last: it is away"
    )
    link = page.get_by_role("link", name="All receipts in one file")
    await expect(link).to_have_attribute("href", "/api/v1/receipts")
    assert set(asked) == {"GET"}


async def test_receipts_are_told_in_plain_words_and_verified(
    serving: Desk, new_page: OpenPage, tmp_path: Path
) -> None:
    await keep_receipts(serving.web, tmp_path)
    page = await new_page(1280, 900)
    await page.goto(serving.url_of("Audrey", Role.AUDITOR))
    said = page.locator("#receipts tr")
    await expect(said).to_have_count(4)
    await expect(said.first).to_contain_text("Handing out keys ended, since it was stopped")
    await expect(said.last).to_contain_text("purge-1 began to hand out keys")
    await expect(page.locator("#receipts-key")).to_contain_text(
        f"fingerprint (SHA-256): {fingerprint(SIGNER.verifier.public)}"
    )
    await expect(page.get_by_role("button", name="Older receipts")).to_be_disabled()
    verified = page.locator("#verified")
    await expect(verified).to_have_text("Not verified by this page.")
    await page.get_by_role("button", name="Verify this log").click()
    await expect(verified).to_contain_text("All 8 receipts of this log hold.")
    await expect(verified).to_contain_text("The order of d names no key.")

    await page.get_by_role("combobox", name="Moments").select_option("Each of them")
    await expect(said.filter(has_text="all 8 copies of its keys are gone")).to_have_count(2)
    await page.get_by_role("combobox", name="Log").select_option(index=1)
    await expect(said.filter(has_text="all 8 copies of its keys are gone")).to_have_count(3)
    await expect(verified).to_have_text("Not verified by this page.")


async def test_before_there_are_receipts_that_is_said(serving: Desk, new_page: OpenPage) -> None:
    page = await new_page(390, 900)
    await page.goto(serving.url_of("Audrey", Role.AUDITOR))
    await expect(page.get_by_text("Not shown: there is no such log of receipts.")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_an_auditor_of_some_deployments_is_told_why_the_log_is_not_shown(
    serving: Desk, page: Page
) -> None:
    token = serving.web.issuer.token(Role.AUDITOR, deployments=["deployment-1"])
    await page.goto(serving.web.page_address(serving.port, token))
    await read(page)
    await expect(page.get_by_role("alert").filter(has_text="Not read")).to_contain_text("limited")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
