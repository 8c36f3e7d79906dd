"""One browser for the tests of a file, an alert service for each, and what no page may do."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page, Request, expect
from tests.support.alert_web import alert_web, free_port, served
from tests.support.browser import chromium
from tests.support.page_desk import PORTRAIT, Desk, present
from tests.support.watchlists import pictured

# However busy the machine is: the limit only ends a broken test.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
OpenPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Give a service that isn't served yet, with one listed person."""
    async with alert_web(tmp_path, now=present) as web:
        added = await pictured(web.watchlists, "Eileen Collins", PORTRAIT)
        yield Desk(web, added, free_port())


@pytest_asyncio.fixture(loop_scope="module")
async def serving(desk: Desk) -> AsyncIterator[Desk]:
    """Give a service that is served."""
    async with served(desk.web.app(desk.port), desk.port):
        yield desk


@pytest_asyncio.fixture(loop_scope="module")
async def new_page(browser: Browser, desk: Desk) -> AsyncIterator[OpenPage]:
    """Open pages in browsers of their own: none fails, breaks the policy or asks elsewhere."""
    faults: list[str] = []
    pages: list[Page] = []
    ours = f"127.0.0.1:{desk.port}/"

    def see(request: Request) -> None:
        if request.url.split("://")[1].partition("/")[0] + "/" != ours:
            faults.append(f"asks {request.url}")

    async def open_page(width: int = 390, height: int = 844, **options: object) -> Page:
        page = await browser.new_page(
            viewport={"width": width, "height": height},
            **options,  # type: ignore[arg-type]
        )
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("request", see)
        page.on(
            "console",
            lambda told: faults.append(told.text) if "Content Security" in told.text else None,
        )
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        await page.close()
    assert faults == []


@pytest_asyncio.fixture(loop_scope="module")
async def page(new_page: OpenPage) -> Page:
    """Give a page on a phone."""
    return await new_page()
