"""The documented clients before a server that says what a test wants, and then nothing."""

import asyncio
import contextlib
import itertools
import json
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.support.alert_web import free_port
from tests.support.example_clients import CLIENTS, listening
from websockets.asyncio.server import ServerConnection, serve

_HELLO = {"type": "hello", "log": "log", "term": 1, "sequence": 3, "heartbeat_s": 60.0}
_CAUGHT_UP = {"type": "caught-up", "sequence": 3}
_EXPIRED = "your token has expired; sign in again"


@dataclass
class Script:
    """What each connection is told, and what it says; a new one for each try of a client.

    Attributes
    ----------
    code
        With which it is closed when all is said; None leaves it open, and silent.
    """

    messages: list[dict[str, Any]] = field(default_factory=list)
    code: int | None = None
    begun: asyncio.Queue[float] = field(default_factory=asyncio.Queue)
    heard: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)

    async def play(self, socket: ServerConnection) -> None:
        self.begun.put_nowait(time.monotonic())
        self.heard.put_nowait(json.loads(await socket.recv()))
        for message in self.messages:
            await socket.send(json.dumps(message))
        if self.code is not None:
            await socket.close(self.code, _EXPIRED)
        async for said in socket:
            self.heard.put_nowait(json.loads(said))


@pytest.fixture(name="client", params=CLIENTS)
def client_(request: pytest.FixtureRequest) -> tuple[Path, ...]:
    return CLIENTS[request.param]


@contextlib.asynccontextmanager
async def played(script: Script, client: tuple[Path, ...]) -> AsyncIterator[Process]:
    port = free_port()
    async with serve(script.play, "127.0.0.1", port), listening(client, port, "token") as process:
        yield process


async def test_a_connection_that_falls_silent_is_given_up(client: tuple[Path, ...]) -> None:
    script = Script([_HELLO | {"heartbeat_s": 0.05}])
    async with played(script, client):
        for _ in range(2):
            assert await script.heard.get() == {"after": 0, "token": "token"}


async def test_what_has_arrived_is_said_also_where_nothing_of_it_was_for_the_client(
    client: tuple[Path, ...],
) -> None:
    """Whoever is limited to a deployment would hold up the figure of all otherwise."""
    alert = {"type": "alert", "sequence": 2, "alert": {"sequence": 2}}
    script = Script([_HELLO, alert, _CAUGHT_UP])
    async with played(script, client):
        assert await script.heard.get() == {"after": 0, "token": "token"}
        assert await script.heard.get() == {"delivered": 3}


async def test_a_service_that_sends_clients_away_is_asked_less_and_less_often(
    client: tuple[Path, ...],
) -> None:
    script = Script(code=1013)
    async with played(script, client):
        at_s = [await script.begun.get() for _ in range(4)]
    # Each waits half of what it means to at least, and means to twice as long each time.
    waits_s = [later - earlier for earlier, later in itertools.pairwise(at_s)]
    least_s = (0.24, 0.49, 0.99)
    assert all(wait >= least for wait, least in zip(waits_s, least_s, strict=True)), waits_s


async def test_a_token_that_ends_meanwhile_ends_the_client_with_the_reason(
    client: tuple[Path, ...],
) -> None:
    script = Script([_HELLO, _CAUGHT_UP], code=4401)
    async with played(script, client) as process:
        _, told = await process.communicate()
    assert told.decode() == f"not let in: {_EXPIRED}\n"
    assert process.returncode == 1
    assert script.begun.qsize() == 1
