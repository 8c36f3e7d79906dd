"""Frames that no client of ours sends end the connection that they come on, and no other."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from tests.support.streams import after, ending_of, open_stream, raise_alerts, until_caught_up

_PROTOCOL_ERROR, _INVALID_DATA = 1002, 1007
_NO_MASK = bytes(4)
"""A mask that changes nothing."""


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path) as web:
        yield web


@pytest.fixture
async def port(web: AlertWeb) -> AsyncIterator[int]:
    port = free_port()
    async with served(web.app(port), port):
        yield port


@pytest.mark.parametrize("is_introduced", [False, True])
@pytest.mark.parametrize(
    ("frame", "code"),
    [
        pytest.param(b"\x81\x02{}", _PROTOCOL_ERROR, id="not masked"),
        pytest.param(b"\xf1\x80" + _NO_MASK, _PROTOCOL_ERROR, id="reserved bits"),
        pytest.param(b"\x83\x80" + _NO_MASK, _PROTOCOL_ERROR, id="an opcode of nobody"),
        pytest.param(b"\x80\x80" + _NO_MASK, _PROTOCOL_ERROR, id="goes on with nothing"),
        pytest.param(b"\x09\x80" + _NO_MASK, _PROTOCOL_ERROR, id="half a ping"),
        pytest.param(b"\x81\x81" + _NO_MASK + b"\xff", _INVALID_DATA, id="no UTF-8"),
    ],
)
async def test_a_malformed_frame_ends_its_connection_and_others_go_on(
    web: AlertWeb, port: int, frame: bytes, code: int, *, is_introduced: bool
) -> None:
    async with open_stream(port) as other, open_stream(port) as socket:
        await other.send(after(web, 0, web.issuer.token(sub="Birch")))
        await until_caught_up(other)
        if is_introduced:
            await socket.send(after(web, 0))
            await until_caught_up(socket)
        socket.transport.write(frame)
        assert (await ending_of(socket))[0] == code
        await raise_alerts(web, 1, 1)
        assert (await until_caught_up(other))[0]["sequence"] == 1
