"""A camera that speaks RTSP, whose wire a test can stall, cut or spoil.

What travels is H.264 from a real encoder in RTP packets (RFC 6184: short NAL units whole, long ones
in fragments, FU-A), interleaved on the RTSP connection (RFC 2326, section 10.12) or over UDP.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import secrets
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO, Self

import av
import numpy as np
from tests.support.clips import striped
from tests.support.wire import Listener

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_CLOCK_HZ = 90_000
_REALM = "camera"
_LONGEST_PAYLOAD = 100
"""Far less than a network takes, so that small pictures travel in fragments too."""
_FU_A, _FIRST, _LAST = 28, 0x80, 0x40


def encoded(width: int, height: int, *, pictures: int = 24, keyframe_every: int = 6) -> list[bytes]:
    """Encode striped pictures as H.264, one access unit in Annex B each."""
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, 15), Fraction(15)
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "x264-params": f"keyint={keyframe_every}:scenecut=0:repeat-headers=1",
    }
    units = []
    for index in range(pictures):
        picture = av.VideoFrame.from_ndarray(
            striped(100 + 5 * (index % 24), width, height), format="bgr24"
        )
        picture.pts = index
        units += [bytes(packet) for packet in codec.encode(picture)]
    return units


def nal_units(access_unit: bytes) -> list[bytes]:
    """Split Annex B into NAL units."""
    parts = access_unit.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [part for part in parts if part]


def payloads(nal: bytes) -> list[bytes]:
    """Return what carries a NAL unit (RFC 6184, sections 5.6 and 5.8)."""
    if len(nal) <= _LONGEST_PAYLOAD:
        return [nal]
    indicator, kind, content = nal[0] & 0xE0 | _FU_A, nal[0] & 0x1F, nal[1:]
    starts = range(0, len(content), _LONGEST_PAYLOAD)
    return [
        bytes((indicator, kind | _FIRST * (start == 0) | _LAST * (start == starts[-1])))
        + content[start : start + _LONGEST_PAYLOAD]
        for start in starts
    ]


@dataclass
class Behaviour:
    """What the camera does from now on; a test changes it at any time."""

    fps: float = 15.0
    silent: bool = False
    garbage: bool = False
    size: tuple[int, int] = (96, 64)
    refuses: str | None = None
    login: tuple[str, str] | None = None
    digest: bool = True
    udp: bool = False


@dataclass
class RtspCamera:
    """A server on a free port of this machine, for the length of a `with` block.

    Attributes
    ----------
    plays
        How many clients were told PLAY so far.
    sent
        Access units sent.
    """

    behaviour: Behaviour = field(default_factory=Behaviour)
    tls: ssl.SSLContext | None = None
    plays: int = 0
    sent: int = 0
    requests: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._units: dict[tuple[int, int], list[bytes]] = {}
        self._datagrams: socket.socket | None = None
        self._listener = Listener(self._serve, tls=self.tls)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        if self._datagrams is not None:
            self._datagrams.close()

    @property
    def address(self) -> str:
        """Where its stream is."""
        scheme = "rtsps" if self.tls else "rtsp"
        return f"{scheme}://localhost:{self._listener.port}/stream"

    def cut(self) -> None:
        """Close every connection."""
        self._listener.cut()

    def _serve(self, wire: socket.socket) -> None:
        nonce, playing = secrets.token_hex(8), threading.Event()
        reader = wire.makefile("rb")
        try:
            while request := self._request(reader):
                method, headers = request
                self.requests.append(method)
                answer = self._answer(method, headers, nonce)
                wire.sendall(answer.encode())
                if method == "PLAY" and answer.startswith("RTSP/1.0 200") and not playing.is_set():
                    playing.set()
                    self.plays += 1
                    sender = self._sender(wire)
                    threading.Thread(target=self._play, args=(sender,), daemon=True).start()
        finally:
            reader.close()

    @staticmethod
    def _request(reader: BinaryIO) -> tuple[str, dict[str, str]] | None:
        first = reader.read(1)
        while first == b"$":  # RTCP of the client
            _, length = struct.unpack("!BH", reader.read(3))
            reader.read(length)
            first = reader.read(1)
        line = first + reader.readline()
        if not line:
            return None
        headers = {}
        while (text := reader.readline().decode().strip()) != "":
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        return line.decode(errors="replace").split()[0], headers

    def _answer(self, method: str, headers: dict[str, str], nonce: str) -> str:
        sequence = headers.get("cseq", "0")
        status, extra, body = "200 OK", "", ""
        if self.behaviour.refuses:
            status = self.behaviour.refuses
        elif method != "OPTIONS" and not self._may(method, headers.get("authorization"), nonce):
            status = "401 Unauthorized"
            kind = f'Digest realm="{_REALM}", nonce="{nonce}"'
            basic = f'Basic realm="{_REALM}"'
            extra = f"WWW-Authenticate: {kind if self.behaviour.digest else basic}\r\n"
        elif method == "OPTIONS":
            extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
        elif method == "DESCRIBE":
            body = self._description()
            extra = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
        elif method == "SETUP":
            wanted = "client_port=" if self.behaviour.udp else "interleaved="
            if wanted not in headers.get("transport", ""):
                status = "461 Unsupported Transport"
            else:
                extra = self._set_up(headers["transport"])
        else:
            extra = "Session: 1\r\n"
        return f"RTSP/1.0 {status}\r\nCSeq: {sequence}\r\n{extra}\r\n{body}"

    def _description(self) -> str:
        return (
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n"
            "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
            "a=fmtp:96 packetization-mode=1\r\na=control:track1\r\n"
        )

    def _may(self, method: str, sent: str | None, nonce: str) -> bool:
        login = self.behaviour.login
        if login is None:
            return True
        if sent is None:
            return False
        if not self.behaviour.digest:
            return sent == "Basic " + base64.b64encode(":".join(login).encode()).decode()
        fields = dict(part.strip().split("=", 1) for part in sent[len("Digest ") :].split(","))
        said = {name: value.strip('"') for name, value in fields.items()}
        first = _md5(f"{login[0]}:{_REALM}:{login[1]}")
        second = _md5(f"{method}:{said.get('uri', '')}")
        return said.get("response") == _md5(f"{first}:{nonce}:{second}")

    def _set_up(self, transport: str) -> str:
        session = "Session: 1;timeout=60\r\n"
        if not self.behaviour.udp:
            return f"Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n{session}"
        ports = transport.split("client_port=")[1].split(";", maxsplit=1)[0]
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", 0))
        datagrams.connect(("127.0.0.1", int(ports.split("-")[0])))
        self._datagrams, own = datagrams, datagrams.getsockname()[1]
        return (
            f"Transport: RTP/AVP;unicast;client_port={ports};server_port={own}-{own + 1}\r\n"
            f"{session}"
        )

    def _sender(self, wire: socket.socket) -> Callable[[bytes], object]:
        if self._datagrams is not None:
            return self._datagrams.send
        return lambda packet: wire.sendall(b"$\0" + struct.pack("!H", len(packet)) + packet)

    def _play(self, send: Callable[[bytes], object]) -> None:
        sequence, moment, index, size = 0, 0, 0, (0, 0)
        pause, noise = threading.Event(), np.random.default_rng(1)
        try:
            while not pause.wait(1 / self.behaviour.fps):
                if self.behaviour.silent:
                    continue
                if size != self.behaviour.size:
                    size, index = self.behaviour.size, 0
                    self._units.setdefault(size, encoded(*size))
                units = self._units[size]
                nals = nal_units(units[index % len(units)])
                for payload in itertools.chain.from_iterable(map(payloads, nals)):
                    sent = noise.bytes(len(payload)) if self.behaviour.garbage else payload
                    header = struct.pack(
                        "!BBHII", 0x80, 0x80 | 96, sequence & 0xFFFF, moment & 0xFFFFFFFF, 7
                    )
                    send(header + sent)
                    sequence += 1
                moment += round(_CLOCK_HZ / self.behaviour.fps)
                index += 1
                self.sent += 1
        except OSError:
            return


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
