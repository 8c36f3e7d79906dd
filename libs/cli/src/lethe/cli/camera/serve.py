"""`lethe camera serve`: recordings on the network, as MJPEG cameras have their pictures."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse
from starlette.routing import Route

from lethe.cli.camera.recording import PlayedRecording
from lethe.cli.stopping import StopRequest
from lethe.contracts.errors import InvalidInput
from lethe.runtime.http import HttpServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

_BOUNDARY = "picture"


async def serve_recordings(
    files: Sequence[Path], *, host: str, port: int, max_fps: float, say: Callable[[str], None]
) -> None:
    """Serve each file under its name until Ctrl-C.

    Raises
    ------
    InvalidInput
        If two files have one name, one of them can't be read, or the port is in use.
    """
    stop = StopRequest()
    stop.listen()
    played = [PlayedRecording(file, max_fps=max_fps) for file in files]
    names = [each.name for each in played]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InvalidInput(f"two files are called {twice}: give each a name of its own")
    server = HttpServer(
        host,
        port,
        identity={"service": "camera"},
        is_ready=lambda: next((each.trouble for each in played if each.trouble), None),
        routes=[Route(f"/{each.name}", _answer(each)) for each in played],
    )
    for each in played:
        each.start()
        say(f"{each.name} http://{host}:{server.port}/{each.name}")
    serving = asyncio.create_task(server.run())
    try:
        await stop.wait(float("inf"))
    finally:
        for each in played:
            each.stop()
        server.stop()
        await serving


def _answer(played: PlayedRecording) -> Callable[[Request], Response]:
    def answer(_request: Request) -> Response:
        return StreamingResponse(
            _parts(played), media_type=f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
        )

    return answer


async def _parts(played: PlayedRecording) -> AsyncIterator[bytes]:
    async for jpeg in played.pictures():
        head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        yield head.encode() + jpeg + b"\r\n"
