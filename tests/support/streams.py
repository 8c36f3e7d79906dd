"""A client of the alert stream, as tests are one."""

import contextlib
import json
from typing import Any

from tests.support.alert_desk import CROP, candidates_found
from tests.support.alert_web import AlertWeb
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from lethe.alert.identity.reach import Reach
from lethe.alert.web.doorkeeper import Doorkeeper
from lethe.alert.web.limits import StreamLimits
from lethe.alert.web.rendering import EventRenderer
from lethe.alert.web.stream import AlertStream


def limited(web: AlertWeb, **limits: float) -> AlertStream:
    """Return the stream of a service with limits of its own."""
    return AlertStream(
        web.hub,
        EventRenderer(web.views()),
        Doorkeeper(web.issuer.verifier()),
        Reach(web.status),
        web.consultations,
        limits=StreamLimits(**limits),  # type: ignore[arg-type]
    )


def open_stream(port: int, **options: Any) -> connect:
    return connect(f"ws://127.0.0.1:{port}/api/v1/alerts/stream", proxy=None, **options)


def after(web: AlertWeb, sequence: int, token: str | None = None) -> str:
    return json.dumps({"after": sequence, "token": token or web.issuer.token()})


async def raise_alerts(web: AlertWeb, first: int, last: int) -> None:
    for number in range(first, last + 1):
        await web.desk.receive(candidates_found(f"search-{number}"), CROP)


async def until_caught_up(socket: ClientConnection) -> list[dict[str, Any]]:
    messages = []
    while True:
        message = json.loads(await socket.recv())
        messages.append(message)
        if message["type"] == "caught-up":
            return messages


async def ending_of(socket: ClientConnection) -> tuple[int, str]:
    """Read until the connection ends; return its code and reason."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await socket.recv()
    assert socket.close_code is not None
    return socket.close_code, str(socket.close_reason)


def message_in(frame: bytes) -> dict[str, Any]:
    """Return the message in a frame of a server."""
    head = {126: 4, 127: 10}.get(frame[1], 2)
    message: dict[str, Any] = json.loads(frame[head:])
    return message
