"""What comes over HTTP, images of watchlists and tokens among it, leaves no copy behind."""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

_ROOM_BYTES = 65_536


class Intake(asyncio.BufferedProtocol):
    """Reads a connection into a room of its own, overwritten once uvicorn has taken what came.

    uvloop reads everybody's connections into one buffer of 250 kB and never overwrites it: of a
    large body a piece would lie there until another one as large comes. A protocol that brings its
    buffer is read into that.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._http = H11Protocol(config, server_state, app_state, _loop)
        self._room = bytearray(_ROOM_BYTES)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; a websocket's protocol takes over the transport later."""
        self._http.connection_made(transport)  # type: ignore[arg-type]

    def get_buffer(self, _size_hint: int) -> bytearray:
        """Return where the next piece is read to."""
        return self._room

    def buffer_updated(self, size_bytes: int) -> None:
        """Hand on a piece."""
        try:
            self._http.data_received(bytes(memoryview(self._room)[:size_bytes]))
        finally:
            self._room[:size_bytes] = bytes(size_bytes)

    def eof_received(self) -> None:
        """Note that nothing more comes."""
        self._http.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """Note that the connection is gone."""
        self._http.connection_lost(error)

    def pause_writing(self) -> None:
        """Write no more for now."""
        self._http.pause_writing()

    def resume_writing(self) -> None:
        """Write on."""
        self._http.resume_writing()
