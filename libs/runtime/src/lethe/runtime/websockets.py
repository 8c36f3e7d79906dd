"""Websockets whose messages are framed once, however many connections they go to."""

import struct
from typing import cast

from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

_WIRE = "lethe.wire"
_WHOLE_TEXT = 0x81
_SHORT, _TWO_BYTES, _EIGHT_BYTES = 126, 126, 127


def text_frame(text: str) -> bytes:
    """Return a message as a server sends it: one frame, unmasked (RFC 6455, section 5.2)."""
    payload = text.encode()
    size = len(payload)
    if size < _SHORT:
        return bytes((_WHOLE_TEXT, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", _WHOLE_TEXT, _TWO_BYTES, size) + payload
    return struct.pack("!BBQ", _WHOLE_TEXT, _EIGHT_BYTES, size) + payload


class Wire:
    """The way to one client, for whole frames."""

    def __init__(self, protocol: "FramedWebSocket") -> None:
        self._protocol = protocol

    def write(self, frames: bytes) -> bool:
        """Write frames unless the client is behind with reading; tell whether they are written.

        Raises
        ------
        ConnectionResetError
            If the connection is closed, or about to be.
        """
        protocol = self._protocol
        if protocol.disconnected or protocol.close_sent:
            raise ConnectionResetError("the websocket is closed")
        if not protocol.writable.is_set():
            return False
        protocol.transport.write(frames)
        return True

    async def until_read(self) -> None:
        """Wait until the client has read on."""
        await self._protocol.writable.wait()


class FramedWebSocket(WebSocketsSansIOProtocol):
    """What uvicorn speaks with a websocket's client; it lends the application its wire."""

    def handle_connect(self, event: Request) -> None:
        """Begin; the application takes its first step in a later turn of the loop."""
        super().handle_connect(event)
        if not self.close_sent:
            extensions = cast("dict[str, object]", self.scope["extensions"])
            extensions[_WIRE] = Wire(self)


def wire_of(websocket: WebSocket) -> Wire:
    """Return the wire of an accepted websocket that this server serves."""
    wire = websocket.scope["extensions"][_WIRE]
    if not isinstance(wire, Wire):
        raise TypeError("another server serves this websocket")
    return wire
