"""The documented clients, run against a real alert service that goes away and comes back."""

import json
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from tests.support.example_clients import CLIENTS, listening
from tests.support.streams import raise_alerts


@pytest.fixture(name="web")
async def web_(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path, kept=8) as web:
        yield web


@pytest.fixture(name="client", params=CLIENTS)
def client_(request: pytest.FixtureRequest) -> tuple[Path, ...]:
    return CLIENTS[request.param]


async def printed(process: Process) -> dict[str, Any]:
    """Return the next alert that an example prints."""
    assert process.stdout is not None
    alert: dict[str, Any] = json.loads(await process.stdout.readline())
    return alert


async def test_every_alert_is_printed_once_also_over_a_service_that_comes_back(
    web: AlertWeb, client: tuple[Path, ...]
) -> None:
    port = free_port()
    await raise_alerts(web, 1, 2)
    async with listening(client, port, web.issuer.token()) as process:
        async with served(web.app(port), port):
            assert [(await printed(process))["sequence"] for _ in range(2)] == [1, 2]
        await web.restart()
        await raise_alerts(web, 3, 3)
        async with served(web.app(port), port):
            await raise_alerts(web, 4, 4)
            assert [(await printed(process))["sequence"] for _ in range(2)] == [3, 4]


async def test_alerts_of_another_log_are_printed_from_its_first_on(
    web: AlertWeb, client: tuple[Path, ...]
) -> None:
    port = free_port()
    await raise_alerts(web, 1, 2)
    async with listening(client, port, web.issuer.token()) as process:
        async with served(web.app(port), port):
            assert [(await printed(process))["sequence"] for _ in range(2)] == [1, 2]
        await web.restart()
        web.hub.log_id = "that of another database"
        async with served(web.app(port), port):
            assert [(await printed(process))["sequence"] for _ in range(2)] == [1, 2]


async def test_what_the_stream_does_not_keep_any_more_is_told(
    web: AlertWeb, client: tuple[Path, ...]
) -> None:
    port = free_port()
    await raise_alerts(web, 1, 12)
    async with served(web.app(port), port), listening(client, port, web.issuer.token()) as process:
        assert process.stderr is not None
        told = (await process.stderr.readline()).decode()
        first = (await printed(process))["sequence"]
        assert told == f"alerts up to {first - 1} are only in GET /alerts\n"
        assert first > 1


async def test_whoever_is_not_let_in_is_told_why_and_does_not_try_again(
    web: AlertWeb, client: tuple[Path, ...]
) -> None:
    port = free_port()
    token = web.issuer.token(roles=["auditor"])
    async with served(web.app(port), port), listening(client, port, token) as process:
        _, told = await process.communicate()
        assert told.decode().startswith("not let in: your role doesn't allow this")
        assert process.returncode == 1
