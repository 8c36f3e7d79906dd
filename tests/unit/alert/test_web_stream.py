import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.support.alert_desk import CROP, candidates_found, instant
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from lethe.alert.alerts import AlertTerms
from lethe.alert.identity.reach import Reach
from lethe.alert.web.gate import Doorkeeper
from lethe.alert.web.rendering import EventRenderer
from lethe.alert.web.stream import AlertStream


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path, kept=8) as web:
        yield web


@pytest.fixture
async def port(web: AlertWeb) -> AsyncIterator[int]:
    port = free_port()
    async with served(web.app(port), port):
        yield port


def _open(port: int, **options: Any) -> connect:
    return connect(f"ws://127.0.0.1:{port}/api/v1/alerts/stream", proxy=None, **options)


def _after(web: AlertWeb, sequence: int, token: str | None = None) -> str:
    return json.dumps({"after": sequence, "token": token or web.issuer.token()})


async def _raise(web: AlertWeb, first: int, last: int) -> None:
    for number in range(first, last + 1):
        await web.desk.receive(candidates_found(f"search-{number}"), CROP)


async def _until_caught_up(socket: ClientConnection) -> list[dict[str, Any]]:
    messages = []
    while True:
        message = json.loads(await socket.recv())
        messages.append(message)
        if message["type"] == "caught-up":
            return messages


async def test_a_client_hears_what_it_missed_and_then_what_happens(
    web: AlertWeb, port: int
) -> None:
    await _raise(web, 1, 3)
    async with _open(port) as socket:
        await socket.send(_after(web, 1))
        hello, *missed, caught_up = await _until_caught_up(socket)
        assert hello == {"type": "hello", "log": web.hub.log_id, "term": 1, "sequence": 3}
        assert [(m["type"], m["sequence"]) for m in missed] == [("alert", 2), ("alert", 3)]
        assert missed[0]["alert"]["order_type"] == "local"
        assert caught_up == {"type": "caught-up", "sequence": 3}

        await _raise(web, 4, 4)
        live, _ = await _until_caught_up(socket)
        assert (live["type"], live["sequence"]) == ("alert", 4)


async def test_a_client_that_starts_from_now_hears_only_what_comes(
    web: AlertWeb, port: int
) -> None:
    await _raise(web, 1, 2)
    async with _open(port) as socket:
        await socket.send(_after(web, -1))
        assert [m["type"] for m in await _until_caught_up(socket)] == ["hello", "caught-up"]
        await _raise(web, 3, 3)
        assert (await _until_caught_up(socket))[0]["sequence"] == 3


async def test_a_client_that_was_away_too_long_hears_of_the_gap(web: AlertWeb, port: int) -> None:
    await _raise(web, 1, 12)
    async with _open(port) as socket:
        await socket.send(_after(web, 1))
        _, gap, *missed, _ = await _until_caught_up(socket)
        assert gap["type"] == "gap"
        assert gap["after"] == 1
        assert [m["sequence"] for m in missed] == list(range(gap["sequence"] + 1, 13))


async def test_an_erasure_is_told_so_that_pages_blank_the_pictures(
    web: AlertWeb, port: int
) -> None:
    await web.desk.receive(candidates_found("search"), CROP, AlertTerms(retention_hours=1))
    async with _open(port) as socket:
        await socket.send(_after(web, 1))
        await _until_caught_up(socket)
        await web.desk.erase_due(instant(3_600_000))
        erased, _ = await _until_caught_up(socket)
        assert (erased["type"], erased["alert"]["erased"]) == ("erased", True)


async def test_a_client_that_says_what_it_received_stays_connected(
    web: AlertWeb, port: int
) -> None:
    async with _open(port) as socket:
        await socket.send(_after(web, 0))
        await _until_caught_up(socket)
        await socket.send('{"delivered": 0}')
        await _raise(web, 1, 1)
        await _until_caught_up(socket)
        assert web.hub.connections == 1


@pytest.mark.parametrize(
    "first",
    [
        "{}",
        "[]",
        "nonsense",
        '{"after": 1, "token": 2}',
        '{"after": "1"}',
        '{"after": -2}',
        '{"after": true}',
        "9" * 4001,
    ],
)
async def test_a_client_that_does_not_say_where_to_begin_is_sent_away(
    web: AlertWeb, port: int, first: str
) -> None:
    async with _open(port) as socket:
        await socket.send(first)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
        1008,
        'send {"after": a whole number}',
    )
    assert web.hub.connections == 0


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
@pytest.mark.usefixtures("web")
async def test_a_page_of_another_site_cannot_listen(port: int, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with _open(port, origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_a_client_that_leaves_is_forgotten(web: AlertWeb, port: int) -> None:
    async with _open(port) as socket:
        await socket.send(_after(web, 0))
        await _until_caught_up(socket)
    async with _open(port) as other:
        await other.send(_after(web, 0))
        await _until_caught_up(other)
        while web.hub.connections > 1:
            await (await other.ping())


async def test_when_another_instance_leads_clients_are_sent_to_it_and_resume_there(
    web: AlertWeb, port: int
) -> None:
    await _raise(web, 1, 2)
    log_id = web.hub.log_id
    async with _open(port) as socket:
        await socket.send(_after(web, 0))
        await _until_caught_up(socket)
        web.hub.close()
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    await web.restart()
    await _raise(web, 3, 3)
    other = free_port()
    async with served(web.app(other), other), _open(other) as socket:
        await socket.send(_after(web, 2))
        hello, missed, _ = await _until_caught_up(socket)
        assert (hello["log"], hello["term"]) == (log_id, 2)
        assert missed["sequence"] == 3


async def _closed(socket: ClientConnection) -> tuple[int, str]:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await socket.recv()
    assert socket.close_code is not None
    return socket.close_code, str(socket.close_reason)


async def test_the_pages_cookie_lets_a_client_in(web: AlertWeb, port: int) -> None:
    cookie = {"Cookie": f"lethe-session-{port}={web.issuer.token()}"}
    async with _open(port, additional_headers=cookie) as socket:
        await socket.send('{"after": 0}')
        assert (await _until_caught_up(socket))[0]["type"] == "hello"


@pytest.mark.parametrize(
    ("changed", "code", "told"),
    [
        ({"exp": 1_000, "iat": 900}, 4401, "the token has expired; sign in again"),
        ({"aud": "other"}, 4401, "the token is for another audience"),
        ({"roles": ["auditor"]}, 4403, "your role doesn't allow this"),
    ],
)
async def test_who_may_not_listen_hears_why_and_nothing_else(
    web: AlertWeb, port: int, changed: dict[str, Any], code: int, told: str
) -> None:
    await _raise(web, 1, 1)
    async with _open(port) as socket:
        await socket.send(_after(web, 0, web.issuer.token(**changed)))
        closed = await _closed(socket)
    assert (closed[0], closed[1][: len(told)]) == (code, told)
    assert web.hub.connections == 0


async def test_without_a_token_nobody_listens_also_with_one_in_the_address(
    web: AlertWeb, port: int
) -> None:
    await _raise(web, 1, 1)
    address = f"ws://127.0.0.1:{port}/api/v1/alerts/stream?token={web.issuer.token()}"
    async with connect(address, proxy=None) as socket:
        await socket.send('{"after": 0}')
        assert (await _closed(socket))[0] == 4401


async def test_when_the_token_ends_the_stream_ends_with_the_reason(web: AlertWeb) -> None:
    token = web.issuer.token()
    ends_s = (await web.issuer.verifier().verify(token)).expires_s
    stream = AlertStream(
        web.hub,
        EventRenderer(web.watchlists),
        Doorkeeper(web.issuer.verifier()),
        Reach(web.status),
        # A moment before the end, however long a slow machine takes to connect.
        now_s=lambda: ends_s - 0.2,
    )
    port = free_port()
    routes = [Mount("/api/v1", routes=stream.routes())]
    async with served(Starlette(routes=routes), port), _open(port) as socket:
        await socket.send(_after(web, 0, token))
        assert await _closed(socket) == (4401, "your token has expired; sign in again")


@pytest.mark.parametrize("limits", [{"deployments": ["deployment-1"]}, {"areas": ["north"]}])
async def test_an_officer_hears_of_their_deployments_only(
    web: AlertWeb, port: int, limits: dict[str, Any]
) -> None:
    async def receive(number: int, deployment_id: str) -> None:
        found = candidates_found(f"search-{number}", deployment_id=deployment_id)
        await web.desk.receive(found, CROP)

    for number, deployment_id in ((1, "deployment-2"), (2, "deployment-1"), (3, "deployment-2")):
        await receive(number, deployment_id)
    async with _open(port) as socket:
        await socket.send(_after(web, 0, web.issuer.token(**limits)))
        _, alert, caught_up = await _until_caught_up(socket)
        assert (alert["sequence"], alert["alert"]["deployment_id"]) == (2, "deployment-1")
        # So that it resumes behind what isn't for it.
        assert caught_up["sequence"] == 3
        await receive(4, "deployment-2")
        await receive(5, "deployment-1")
        heard: list[dict[str, Any]] = []
        while not any(message.get("sequence") == 5 for message in heard):
            heard += await _until_caught_up(socket)
        assert [m["sequence"] for m in heard if m["type"] == "alert"] == [5]
