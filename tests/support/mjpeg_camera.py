"""A camera that serves MJPEG over HTTP, whose wire a test can stall, cut or spoil."""

from __future__ import annotations

import base64
import hashlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import simplejpeg
from tests.support.clips import striped
from tests.support.wire import Listener

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable
    from types import TracebackType

_REALM = "camera"
_NONCE = "7f3a"


def picture(number: int, width: int = 96, height: int = 64) -> bytes:
    """Return a JPEG that differs from number to number."""
    image = striped(60 + 7 * (number % 24), width, height)
    return bytes(simplejpeg.encode_jpeg(image, quality=90, colorspace="BGR"))


@dataclass
class Manners:
    """What the camera does from now on; a test changes it at any time.

    Attributes
    ----------
    before_each
        Bytes sent before a part, such as garbage.
    draw
        Gives the JPEG of a number, width and height.
    """

    fps: float = 20.0
    silent: bool = False
    size: tuple[int, int] = (96, 64)
    status: str = "200 OK"
    kind: str = "multipart/x-mixed-replace; boundary=frame"
    delimiter: bytes = b"--frame"
    states_length: bool = True
    chunked: bool = False
    login: tuple[str, str] | None = None
    challenge: str = "Digest"
    before_each: bytes = b""
    draw: Callable[[int, int, int], bytes] = picture
    cut_part_at: int | None = None


@dataclass
class MjpegCamera:
    """A server on a free port of this machine, for the length of a `with` block.

    Attributes
    ----------
    sent
        The pictures sent so far.
    targets
        Path and query of every request.
    """

    manners: Manners = field(default_factory=Manners)
    tls: ssl.SSLContext | None = None
    sent: list[bytes] = field(default_factory=list, repr=False)
    targets: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = Listener(self._serve, tls=self.tls)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()

    @property
    def address(self) -> str:
        """Where its stream is."""
        return f"{'https' if self.tls else 'http'}://localhost:{self._listener.port}/video"

    @property
    def connections(self) -> int:
        """How often somebody connected."""
        return self._listener.connections

    def cut(self) -> None:
        """Close every connection."""
        self._listener.cut()

    def _serve(self, wire: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            received = wire.recv(4096)
            if not received:
                return
            head += received
        first, *lines = head.decode().split("\r\n")
        _, target, _ = first.split(" ")
        self.targets.append(target)
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        if not self._may(target, headers.get("authorization")):
            wire.sendall(
                b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: "
                + self._challenge().encode()
                + b"\r\nContent-Length: 0\r\n\r\n"
            )
        elif not self.manners.status.startswith("200"):
            wire.sendall(f"HTTP/1.1 {self.manners.status}\r\nContent-Length: 0\r\n\r\n".encode())
        else:
            self._stream(wire)
        wire.close()

    def _challenge(self) -> str:
        if self.manners.challenge == "Basic":
            return f'Basic realm="{_REALM}"'
        return f'Digest realm="{_REALM}", nonce="{_NONCE}", qop="auth", algorithm=MD5'

    def _may(self, target: str, sent: str | None) -> bool:
        login = self.manners.login
        if login is None:
            return True
        if sent is None:
            return False
        if self.manners.challenge == "Basic":
            return sent == "Basic " + base64.b64encode(":".join(login).encode()).decode()
        fields = dict(part.strip().split("=", 1) for part in sent[len("Digest ") :].split(","))
        said = {name: text.strip('"') for name, text in fields.items()}
        first = _md5(f"{login[0]}:{_REALM}:{login[1]}")
        middle = f"{_NONCE}:{said['nc']}:{said['cnonce']}:{said['qop']}"
        return said["response"] == _md5(f"{first}:{middle}:{_md5(f'GET:{target}')}")

    def _stream(self, wire: socket.socket) -> None:
        coding = "Transfer-Encoding: chunked\r\n" if self.manners.chunked else ""
        wire.sendall(
            f"HTTP/1.1 200 OK\r\nContent-Type: {self.manners.kind}\r\n{coding}\r\n".encode()
        )
        pause = threading.Event()
        while not pause.wait(1 / self.manners.fps):
            if not self.manners.silent:
                jpeg = self.manners.draw(len(self.sent), *self.manners.size)
                cut = self.manners.cut_part_at
                # Noted first: the reader may have it before this thread goes on.
                self.sent.append(jpeg)
                self._send(wire, self.manners.before_each + self._part(jpeg)[:cut])
                while self.manners.cut_part_at is not None:
                    pause.wait(0.01)

    def _part(self, jpeg: bytes) -> bytes:
        length = f"Content-Length: {len(jpeg)}\r\n" if self.manners.states_length else ""
        head = f"\r\nContent-Type: image/jpeg\r\n{length}\r\n".encode()
        return b"\r\n" + self.manners.delimiter + head + jpeg

    def _send(self, wire: socket.socket, data: bytes) -> None:
        if not self.manners.chunked:
            wire.sendall(data)
            return
        # Chunks that end where nothing else does, each time elsewhere.
        middle = 1 + 7_919 * len(self.sent) % (len(data) - 1)
        for chunk in (data[:middle], data[middle:]):
            wire.sendall(f"{len(chunk):X}\r\n".encode() + chunk + b"\r\n")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
