"""Debian's chromium, driven by playwright."""

import contextlib
import shutil
from collections.abc import AsyncIterator

from playwright.async_api import Browser, async_playwright

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextlib.asynccontextmanager
async def chromium(*, keeps_pages: bool = False) -> AsyncIterator[Browser]:
    """Start a browser without a window.

    Parameters
    ----------
    keeps_pages
        Whether it keeps pages that are left for its back button, as people's browsers do and
        playwright has it not do.

    Raises
    ------
    AssertionError
        If chromium isn't installed: a test of the page must not pass without having looked.
    """
    path = shutil.which("chromium")
    assert path is not None, "chromium is missing: install it (apt install chromium)"
    async with async_playwright() as playwright:
        without = ["--disable-back-forward-cache"] if keeps_pages else []
        browser = await playwright.chromium.launch(
            executable_path=path, args=_ARGUMENTS, ignore_default_args=without
        )
        try:
            yield browser
        finally:
            await browser.close()
