"""How far the consoles of a deployment have come, and whether an alert arrived, is told."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from tests.support.brokers import eventually
from tests.support.streams import after, open_stream, raise_alerts, until_caught_up
from websockets.asyncio.client import ClientConnection


@pytest.fixture(name="web")
async def web_(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path) as web:
        yield web


@pytest.fixture(name="port")
async def port_(web: AlertWeb) -> AsyncIterator[int]:
    port = free_port()
    async with served(web.app(port), port):
        yield port


@pytest.fixture(name="supervisor")
async def supervisor_(web: AlertWeb) -> AsyncIterator[httpx.AsyncClient]:
    async with web.client(web.issuer.token(roles=["supervisor"])) as client:
        yield client


async def heard(socket: ClientConnection, delivered: int) -> None:
    """Say what was received, and wait until that was read."""
    await socket.send(json.dumps({"delivered": delivered}))
    await (await socket.ping())


async def consoles(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = (await client.get("/api/v1/status")).json()["consoles"]
    return told


async def delivered(client: httpx.AsyncClient) -> list[bool]:
    alerts = (await client.get("/api/v1/alerts")).json()["alerts"]
    singly = [(await client.get(f"/api/v1/alerts/{each['alert_id']}")).json() for each in alerts]
    assert alerts == singly
    return [each["delivered"] for each in alerts]


async def test_a_supervisor_sees_up_to_which_alert_every_console_has_received(
    web: AlertWeb, port: int, supervisor: httpx.AsyncClient
) -> None:
    await raise_alerts(web, 1, 3)
    nobody = {"deployment_id": "deployment-1", "connected": 0, "received": None, "up_to_date": 0}
    assert await consoles(supervisor) == [nobody]
    async with open_stream(port) as one, open_stream(port) as other:
        for socket in (one, other):
            await socket.send(after(web, 0))
            await until_caught_up(socket)
        await heard(one, 3)
        await heard(other, 2)
        await eventually(lambda: web.hub.deliveries.reached().received == 2)
        some = {"connected": 2, "received": 2, "up_to_date": 1}
        assert await consoles(supervisor) == [nobody | some]
        assert await delivered(supervisor) == [True, True, True]
        assert REGISTRY.get_sample_value("lethe_stream_consoles") == 2
        assert REGISTRY.get_sample_value("lethe_stream_received") == 2
        assert REGISTRY.get_sample_value("lethe_stream_newest") == 3
    await eventually(lambda: web.hub.connections == 0)
    assert await consoles(supervisor) == [nobody]
    assert REGISTRY.get_sample_value("lethe_stream_consoles") == 0


async def test_what_is_said_again_or_of_what_is_to_come_does_not_count(
    web: AlertWeb, port: int, supervisor: httpx.AsyncClient
) -> None:
    await raise_alerts(web, 1, 2)
    async with open_stream(port) as socket:
        await socket.send(after(web, 1))
        await until_caught_up(socket)
        assert await delivered(supervisor) == [False, False]
        for told in (1_000, 1):
            await heard(socket, told)
        await eventually(lambda: web.hub.deliveries.reached().received == 2)
        await raise_alerts(web, 3, 3)
        # The first was received before this connection: of that it says nothing.
        assert await delivered(supervisor) == [False, True, False]
        assert (await consoles(supervisor))[0]["received"] == 2


async def test_a_console_counts_for_the_deployments_that_it_hears_of(
    web: AlertWeb, port: int, supervisor: httpx.AsyncClient
) -> None:
    await raise_alerts(web, 1, 2)
    elsewhere = web.issuer.token(deployments=["deployment-2"])
    async with open_stream(port) as socket:
        await socket.send(after(web, 0, elsewhere))
        await until_caught_up(socket)
        await heard(socket, 2)
        await eventually(lambda: web.hub.deliveries.reached().received == 2)
        [told] = await consoles(supervisor)
        assert (told["connected"], told["received"], told["up_to_date"]) == (0, None, 0)
        assert await delivered(supervisor) == [False, False]


async def test_the_stream_itself_does_not_tell_what_is_old_as_soon_as_it_is_told(
    web: AlertWeb, port: int
) -> None:
    await raise_alerts(web, 1, 1)
    async with open_stream(port) as socket:
        await socket.send(after(web, 0))
        _, alert, _ = await until_caught_up(socket)
        assert alert["alert"]["delivered"] is None


async def test_an_alert_from_before_its_area_was_known_did_not_arrive_with_whom_it_was_kept_from(
    web: AlertWeb, port: int, supervisor: httpx.AsyncClient
) -> None:
    web.status.areas.clear()
    await raise_alerts(web, 1, 2)
    north = web.issuer.token(areas=["north"])
    async with open_stream(port) as socket:
        await socket.send(after(web, 0, north))
        await until_caught_up(socket)
        await heard(socket, 2)
        await eventually(lambda: web.hub.deliveries.reached().received == 2)
        web.status.areas["deployment-1"] = "north"
        await raise_alerts(web, 3, 3)
        await until_caught_up(socket)
        await heard(socket, 3)
        await eventually(lambda: web.hub.deliveries.reached().received == 3)
        assert await delivered(supervisor) == [False, False, True]
