"""From the camera to the pixels of the console: the demonstration, watched in a browser."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import expect
from tests.support.browser import chromium
from tools.bench.figures import Figure, at_most, equal, told
from tools.running import running_lethe

from lethe.cli.live.report import percentiles

_WATCH = Path(__file__).with_suffix(".js")
_KINDS = ("rows", "pictures")


def measure(seconds: int) -> tuple[list[Figure], dict[str, Any]]:
    """Watch the officer's page while the demonstration runs, and return when things were seen.

    Each time is counted from the capture of the frame to the screen's next frame after the page
    had drawn it, both on this machine's clock.
    """
    raised, seen = asyncio.run(_run(seconds))
    rows, pictures = (percentiles([round(ms, 1) for ms in seen[kind]]) for kind in _KINDS)
    figures = [
        equal("alerts in the list", len(seen["rows"]), raised),
        at_most("camera to the list's pixels p95, ms", rows["p95"], 700),
        told("camera to the list's pixels p50, max, ms", f"{rows['p50']}, {rows['max']}"),
        told("alerts that filled the screen", len(seen["pictures"])),
        at_most("camera to the pictures' pixels p95, ms", pictures["p95"], 700),
        told("camera to the pictures' pixels p50, max", f"{pictures['p50']}, {pictures['max']}"),
    ]
    return figures, {"alerts": raised, "rows_ms": rows, "pictures_ms": pictures}


async def _run(seconds: int) -> tuple[int, dict[str, list[float]]]:
    arguments = ("demo", "--cool-down", "0", "--seconds", str(seconds))
    with (
        tempfile.TemporaryDirectory(prefix="lethe-bench-") as folder,
        running_lethe(Path(folder), *arguments) as lethe,
    ):
        async with chromium() as browser:
            page = await browser.new_page()
            await page.add_init_script(path=_WATCH)
            await page.goto(lethe.page_address)
            await expect(page.locator("#connection-state")).to_have_text("Live")
            report = await asyncio.to_thread(lethe.finish)
            seen = await page.evaluate("() => globalThis.lethePixels")
    return len(report["alerts"]), seen
