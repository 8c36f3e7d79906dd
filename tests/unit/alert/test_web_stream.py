import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.alert_desk import CROP, candidates_found, instant
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from lethe.alert.alerts import AlertTerms


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
        await socket.send('{"after": 1}')
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
        await socket.send('{"after": -1}')
        assert [m["type"] for m in await _until_caught_up(socket)] == ["hello", "caught-up"]
        await _raise(web, 3, 3)
        assert (await _until_caught_up(socket))[0]["sequence"] == 3


async def test_a_client_that_was_away_too_long_hears_of_the_gap(web: AlertWeb, port: int) -> None:
    await _raise(web, 1, 12)
    async with _open(port) as socket:
        await socket.send('{"after": 1}')
        _, gap, *missed, _ = await _until_caught_up(socket)
        assert gap["type"] == "gap"
        assert gap["after"] == 1
        assert [m["sequence"] for m in missed] == list(range(gap["sequence"] + 1, 13))


async def test_an_erasure_is_told_so_that_pages_blank_the_pictures(
    web: AlertWeb, port: int
) -> None:
    await web.desk.receive(candidates_found("search"), CROP, AlertTerms(retention_hours=1))
    async with _open(port) as socket:
        await socket.send('{"after": 1}')
        await _until_caught_up(socket)
        await web.desk.erase_due(instant(3_600_000))
        erased, _ = await _until_caught_up(socket)
        assert (erased["type"], erased["alert"]["erased"]) == ("erased", True)


async def test_a_client_that_says_what_it_received_stays_connected(
    web: AlertWeb, port: int
) -> None:
    async with _open(port) as socket:
        await socket.send('{"after": 0}')
        await _until_caught_up(socket)
        await socket.send('{"delivered": 0}')
        await _raise(web, 1, 1)
        await _until_caught_up(socket)
        assert web.hub.connections == 1


@pytest.mark.parametrize(
    "first",
    ["{}", "[]", "nonsense", '{"after": "1"}', '{"after": -2}', '{"after": true}', "9" * 2000],
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
        await socket.send('{"after": 0}')
        await _until_caught_up(socket)
    async with _open(port) as other:
        await other.send('{"after": 0}')
        await _until_caught_up(other)
        while web.hub.connections > 1:
            await (await other.ping())


async def test_when_another_instance_leads_clients_are_sent_to_it_and_resume_there(
    web: AlertWeb, port: int
) -> None:
    await _raise(web, 1, 2)
    log_id = web.hub.log_id
    async with _open(port) as socket:
        await socket.send('{"after": 0}')
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
        await socket.send('{"after": 2}')
        hello, missed, _ = await _until_caught_up(socket)
        assert (hello["log"], hello["term"]) == (log_id, 2)
        assert missed["sequence"] == 3
