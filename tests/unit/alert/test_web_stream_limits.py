import asyncio
import contextlib
import json
import socket as sockets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.support.alert_desk import CROP, candidates_found
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from tests.support.brokers import eventually
from tests.support.streams import (
    after,
    ending_of,
    limited,
    open_stream,
    raise_alerts,
    until_caught_up,
)

from lethe.alert.identity.reach import Reach
from lethe.alert.web.doorkeeper import Doorkeeper
from lethe.alert.web.guards import create_middleware, loopback_hosts
from lethe.alert.web.rendering import EventRenderer
from lethe.alert.web.stream import AlertStream
from lethe.contracts.live import Candidate
from lethe.runtime.http import HttpServer


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path, kept=8) as web:
        yield web


@contextlib.asynccontextmanager
async def _served_alone(stream: AlertStream) -> AsyncIterator[int]:
    port = free_port()
    routes = [Mount("/api/v1", routes=stream.routes())]
    async with served(Starlette(routes=routes), port):
        yield port


async def test_while_nothing_happens_a_client_hears_that_its_connection_lives(
    web: AlertWeb,
) -> None:
    await raise_alerts(web, 1, 2)
    async with _served_alone(limited(web, heartbeat_s=0.01)) as port, open_stream(port) as socket:
        await socket.send(after(web, 1))
        hello, *_ = await until_caught_up(socket)
        assert hello["heartbeat_s"] == 0.01
        for _ in range(3):
            heartbeat = json.loads(await socket.recv())
            assert (heartbeat["type"], heartbeat["sequence"]) == ("heartbeat", 2)
            assert datetime.fromisoformat(heartbeat["at"]).tzinfo == UTC


async def test_when_the_token_ends_the_stream_ends_with_the_reason(web: AlertWeb) -> None:
    token = web.issuer.token()
    ends_s = (await web.issuer.verifier().verify(token)).expires_s
    stream = AlertStream(
        web.hub,
        EventRenderer(web.views()),
        Doorkeeper(web.issuer.verifier()),
        Reach(web.status),
        web.consultations,
        # A moment before the end, however long a slow machine takes to connect.
        now_s=lambda: ends_s - 0.2,
    )
    async with _served_alone(stream) as port, open_stream(port) as socket:
        await socket.send(after(web, 0, token))
        assert await ending_of(socket) == (4401, "your token has expired; sign in again")


async def test_whoever_does_not_say_who_they_are_in_time_is_sent_away(web: AlertWeb) -> None:
    async with (
        _served_alone(limited(web, first_message_s=0.01)) as port,
        open_stream(port) as socket,
    ):
        assert await ending_of(socket) == (1008, 'send {"after": a whole number}')


async def test_a_client_that_sends_too_many_messages_is_sent_away(web: AlertWeb) -> None:
    stream = limited(web, message_burst=3, messages_per_s=0.001)
    async with _served_alone(stream) as port, open_stream(port) as socket:
        await socket.send(after(web, 0))
        await until_caught_up(socket)
        for _ in range(4):
            await socket.send('{"delivered": 0}')
        assert await ending_of(socket) == (1008, "you send too many messages")
    assert web.hub.connections == 0


async def test_one_person_has_so_many_connections_and_others_theirs(web: AlertWeb) -> None:
    async with _served_alone(limited(web, of_one=1)) as port, open_stream(port) as first:
        await first.send(after(web, 0))
        await until_caught_up(first)
        async with open_stream(port) as second, open_stream(port) as other:
            await second.send(after(web, 0))
            assert await ending_of(second) == (1013, "you have too many connections; close some")
            await other.send(after(web, 0, web.issuer.token(sub="Birch")))
            await until_caught_up(other)
        await first.close()
        async with open_stream(port) as again:
            while web.hub.connections:
                await (await again.ping())
            await again.send(after(web, 0))
            await until_caught_up(again)


async def test_of_those_who_do_not_say_who_they_are_the_longest_silent_makes_room(
    web: AlertWeb,
) -> None:
    """Whoever has no token can't keep those who have one from hearing."""
    async with (
        _served_alone(limited(web, connections=1, unknown=2, first_message_s=60)) as port,
        open_stream(port) as silent,
        open_stream(port) as later,
        open_stream(port) as officer,
    ):
        assert await ending_of(silent) == (1008, 'send {"after": a whole number}')
        await officer.send(after(web, 0))
        await until_caught_up(officer)
        await later.send(after(web, 0))
        assert await ending_of(later) == (1013, "too many connections; try again later")


async def test_one_person_connects_so_often_and_then_waits(web: AlertWeb) -> None:
    limits = {"opening_burst": 1, "openings_per_s": 0.001}
    async with _served_alone(limited(web, **limits)) as port:
        async with open_stream(port) as first:
            await first.send(after(web, 0))
            await until_caught_up(first)
        async with open_stream(port) as again, open_stream(port) as other:
            await again.send(after(web, 0))
            assert await ending_of(again) == (1013, "you connect too often; wait a moment")
            await other.send(after(web, 0, web.issuer.token(sub="Birch")))
            await until_caught_up(other)


async def test_a_client_that_does_not_read_is_told_so_once_it_does_and_keeps_nobody(
    web: AlertWeb,
) -> None:
    """More is to be sent than all buffers between the two take."""
    other = Candidate(subject_id="x" * 200, reference_id="r", score=0.6, cosine=0.5)
    await web.desk.receive(candidates_found("search", others=(other,) * 40_000), CROP)
    async with _served_alone(limited(web, send_s=0.05, last_word_s=60)) as port:
        narrow = sockets.socket()
        narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 1)
        narrow.connect(("127.0.0.1", port))
        async with open_stream(
            port, sock=narrow, max_queue=1, max_size=None, compression=None
        ) as socket:
            await socket.send(after(web, 0))
            await eventually(lambda: web.hub.connections == 1)
            # It reads nothing until the server has given it up.
            await eventually(lambda: web.hub.connections == 0)
            told = (4408, "you read too slowly; connect again and resume")
            assert await ending_of(socket) == told


async def test_messages_longer_than_any_of_ours_end_the_connection(web: AlertWeb) -> None:
    port = free_port()
    server = HttpServer(
        "127.0.0.1",
        port,
        identity={},
        is_ready=lambda: None,
        routes=web.routes(),
        middleware=lambda port: create_middleware(loopback_hosts(port)),
    )
    serving = asyncio.create_task(server.run())
    async for socket in open_stream(port):
        await socket.send("9" * 5_000)
        assert (await ending_of(socket))[0] == 1009
        break
    server.stop()
    await serving
