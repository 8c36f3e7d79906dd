"""A page tells the service which alerts have arrived on it, each of its words once."""

import json

import pytest
from playwright.async_api import Page, WebSocket
from tests.support.brokers import eventually
from tests.support.page_desk import Desk
from tests.support.pages import live

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_arrives_is_told_together_and_nothing_of_it_again(
    serving: Desk, page: Page
) -> None:
    told: list[int] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: told.append(json.loads(frame).get("delivered")))

    page.on("websocket", listen)
    await serving.alert("search-0", camera_id="camera-0")
    await page.goto(serving.url)
    await live(page)
    deliveries = serving.web.hub.deliveries
    await eventually(lambda: deliveries.reached().received == 1)
    # Caught up or not: they are told while more comes.
    for number in range(1, 6):
        await serving.alert(f"search-{number}", camera_id=f"camera-{number}")
    await eventually(lambda: deliveries.reached().received == 6)
    # The browser may tell of what it sent after the service has read it.
    await eventually(lambda: told[-1] == 6)
    began, *words = told
    assert began is None
    assert words == sorted(set(words))
