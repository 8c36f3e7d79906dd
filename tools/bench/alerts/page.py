"""The officer's page in a browser: how soon it is live, and how much it takes."""

import asyncio
import ssl
import statistics
import time
from typing import Any

import httpx
from playwright.async_api import Browser, expect
from tests.support.browser import chromium
from tools.bench.alerts.stack import UnderLoad, under_load
from tools.bench.figures import Figure, at_most, spread

_ALERTS = 20
_ROUNDS = 5


def measure() -> tuple[list[Figure], dict[str, Any]]:
    """Open the page a few times, each in a browser that knows nothing yet."""
    opened = asyncio.run(_run())
    ready_s = [each[0] for each in opened]
    kb = [each[1] for each in opened]
    figures = [
        at_most("page ready, median, s", round(statistics.median(ready_s), 2), 1),
        at_most("page ready, max, s", round(max(ready_s), 2), 1),
        at_most("transferred with the list, kB", max(kb), 150),
    ]
    return figures, {"ready_s": spread(ready_s), "kb": kb}


async def _run() -> list[tuple[float, float]]:
    async with under_load() as load, chromium() as browser:
        await load.publish(_ALERTS)
        await load.alerts.shown(load.leader)
        return [await _open(load, browser) for _ in range(_ROUNDS)]


async def _open(load: UnderLoad, browser: Browser) -> tuple[float, float]:
    """Return the seconds until the page says that alerts arrive, and the kB that came."""
    address = f"{load.origin()}/#sign-in={await _code(load)}"
    page = await browser.new_page(ignore_https_errors=True)
    network = await page.context.new_cdp_session(page)
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    network.on("Network.webSocketFrameReceived", lambda told: sizes.append(_sent(told)))
    await network.send("Network.enable")
    begun_s = time.monotonic()
    await page.goto(address)
    await expect(page.locator("#connection-state")).to_have_text("Live")
    ready_s = time.monotonic() - begun_s
    await page.close()
    return ready_s, round(sum(sizes) / 1_000, 1)


def _sent(told: dict[str, Any]) -> int:
    return len(told["response"]["payloadData"].encode())


async def _code(load: UnderLoad) -> str:
    headers = {"Authorization": f"Bearer {load.token('Ames')}"}
    context = ssl.create_default_context(cafile=load.ca_file)
    async with httpx.AsyncClient(verify=context, trust_env=False) as client:
        answer = await client.post(f"{load.origin()}/api/v1/sign-in-codes", headers=headers)
    return str(answer.raise_for_status().json()["code"])
