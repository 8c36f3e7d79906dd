"""One officer's page as far as the network goes: resumes, says what it has, and keeps the time.

A thousand of them share one processor core with nobody, so frames are read by hand: a server sends
them whole and unmasked (RFC 6455), and of a message the first bytes tell what it is.
"""

import asyncio
import json
import re
import struct
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

_ALERT = re.compile(rb'\{"type":"alert","sequence":(\d+),')
_CAUGHT_UP = b'{"type":"caught-up"'
_MENTIONED = re.compile(rb'"deployment_id":"([^"]*)".*"published_at":"([^"]*)"')
_TWO_BYTES, _EIGHT_BYTES = 126, 127


@dataclass(slots=True)
class Heard:
    """What all listeners heard.

    Attributes
    ----------
    delays_ms
        From alert's publication of an alert until it was in hand, by this machine's clock.
    caught_up
        How often somebody was told that nothing waits.
    repeated
        Alerts that came although they, or later ones, had come.
    foreign
        Alerts of other deployments than the listener's.
    closed
        Connections that the server ended.
    """

    delays_ms: "array[float]" = field(default_factory=lambda: array("d"))
    caught_up: int = 0
    repeated: int = 0
    foreign: int = 0
    closed: int = 0
    _told: dict[int, tuple[bytes, float]] = field(default_factory=dict)

    def sequences(self) -> list[int]:
        """Return the sequences of alerts that somebody heard of."""
        return sorted(self._told)

    def about(self, sequence: int, message: bytes) -> tuple[bytes, float]:
        """Return an alert's deployment and publication (seconds since 1970), looked up once."""
        if sequence not in self._told:
            mentioned = _MENTIONED.search(message)
            assert mentioned is not None, "an alert without a deployment or a publication"
            published_s = datetime.fromisoformat(mentioned[2].decode()).timestamp()
            self._told[sequence] = mentioned[1], published_s
        return self._told[sequence]


class Listener(asyncio.Protocol):
    """A client that is let in with a token and hears of one deployment.

    Attributes
    ----------
    last
        The highest sequence that it has; the next connection resumes behind it.
    count
        How many alerts came, those that came again apart.
    """

    def __init__(
        self, address: str, token: str, deployment_id: str, heard: Heard, *, last: int = 0
    ) -> None:
        self._uri = parse_uri(address)
        self._token = token
        self._deployment_id = deployment_id.encode()
        self._heard = heard
        self._buffer = bytearray()
        self._is_open = False
        self._transport: asyncio.Transport
        self._client: ClientProtocol
        self.last, self.count = last, 0
        self.caught_up = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a websocket, without extensions."""
        # uvloop's TLS transport is none by its class.
        self._transport = cast("asyncio.Transport", transport)
        self._client = ClientProtocol(self._uri)
        self._is_open = False
        self._buffer.clear()
        self.caught_up.clear()
        self._client.send_request(self._client.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        if not self._is_open:
            # Nothing follows the answer before the first message is sent.
            self._client.receive_data(data)
            self._is_open = self._client.state is State.OPEN
            if self._is_open:
                self._say({"after": self.last, "token": self._token})
            return
        self._buffer += data
        for opcode, message in self._frames():
            if opcode == Opcode.TEXT:
                self._take(message)
            elif opcode == Opcode.PING:
                self._client.send_pong(message)
                self._flush()
            elif opcode == Opcode.CLOSE:
                self._heard.closed += 1

    def leave(self) -> None:
        """Drop the connection as one that is out of reach does: without a word."""
        self._transport.abort()

    def _take(self, message: bytes) -> None:
        if alert := _ALERT.match(message):
            sequence = int(alert[1])
            deployment_id, published_s = self._heard.about(sequence, message)
            if sequence <= self.last:
                self._heard.repeated += 1
                return
            self._heard.foreign += deployment_id != self._deployment_id
            self.last, self.count = sequence, self.count + 1
            self._heard.delays_ms.append(1_000 * (time.time() - published_s))
        elif message.startswith(_CAUGHT_UP):
            self._heard.caught_up += 1
            self.caught_up.set()
            self._say({"delivered": self.last})

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        buffer, start = self._buffer, 0
        while (end := _end_of_frame(buffer, start)) is not None:
            opcode, body, start = buffer[start] & 0x0F, end[0], end[1]
            yield opcode, bytes(buffer[body:start])
        del buffer[:start]

    def _say(self, message: dict[str, object]) -> None:
        self._client.send_text(json.dumps(message).encode())
        self._flush()

    def _flush(self) -> None:
        self._transport.write(b"".join(self._client.data_to_send()))


def _end_of_frame(buffer: bytearray, start: int) -> tuple[int, int] | None:
    """Return where the body of a frame begins and ends; None while part of it is to come."""
    have = len(buffer) - start
    if have < 2:  # noqa: PLR2004 - a frame's shortest head
        return None
    length, body = buffer[start + 1], start + 2
    if length == _TWO_BYTES:
        if have < 4:  # noqa: PLR2004
            return None
        (length,), body = struct.unpack_from("!H", buffer, body), body + 2
    elif length == _EIGHT_BYTES:
        if have < 10:  # noqa: PLR2004
            return None
        (length,), body = struct.unpack_from("!Q", buffer, body), body + 8
    return (body, body + length) if have >= body + length - start else None
