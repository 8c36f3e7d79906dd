"""One HTTP request whose answer goes on and on, received into one owned buffer."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lethe.ingest.sources.chunked import ChunkedDecoder
from lethe.ingest.sources.errors import SourceLost, SourceRejected, SourceUnavailable
from lethe.ingest.sources.http_login import authorisation

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from lethe.ingest.sources.address import SourceAddress
    from lethe.ingest.sources.secrets import Credentials

OPEN_S = 5.0
_ROOM_BYTES = 64 * 1024
_MAX_HEAD_BYTES = 16 * 1024
_OK, _UNAUTHORISED, _FORBIDDEN, _NOT_FOUND = 200, 401, 403, 404
_REDIRECTS = range(300, 400)


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of an answer."""

    status: int
    headers: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        """Return every value of a header, by its name in lower case."""
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str:
        """Return the first value of a header; empty when there is none."""
        return next(iter(self.all(name)), "")


class HttpStream:
    """A GET of a live source. Nothing of the answer is kept outside the owned buffer.

    Parameters
    ----------
    ca_file
        Certificates that vouch for the source's own, beside the system's.
    """

    def __init__(self, address: SourceAddress, *, ca_file: Path | None) -> None:
        self._address = address
        self._ca_file = ca_file
        self._wire: socket.socket | None = None
        self._room = bytearray(_ROOM_BYTES)
        self._body_at = self._filled = 0
        self._chunks: ChunkedDecoder | None = None

    def open(self, credentials: Credentials | None) -> Head:
        """Connect, ask, log in where asked to, and return the head of the answer.

        Raises
        ------
        SourceUnavailable, SourceRejected
            One line that says what is wrong and what to do.
        """
        head = self._ask(credentials, None)
        if head.status == _UNAUTHORISED and credentials is not None:
            login = authorisation(
                head.all("www-authenticate"),
                credentials,
                method="GET",
                target=self._target(credentials),
            )
            if login is not None:
                head = self._ask(credentials, login)
        self._require_ok(head, has_credentials=credentials is not None)
        self._chunks = (
            ChunkedDecoder() if "chunked" in head.first("transfer-encoding").lower() else None
        )
        return head

    def read(self, wait_s: float) -> Generator[memoryview, None, None]:
        """Wait for more of the body and give it; nothing when the time is up.

        Yields
        ------
        memoryview
            Valid until the next is asked for, then overwritten.

        Raises
        ------
        SourceLost
            The source ended the connection.
        """
        try:
            if self._body_at == self._filled:
                self._receive(wait_s)
            raw = memoryview(self._room)[self._body_at : self._filled]
            yield from self._chunks.feed(raw) if self._chunks is not None else (raw,)
        finally:
            self._wipe()

    def close(self) -> None:
        """Close the connection and overwrite the buffer."""
        if self._wire is not None:
            with suppress(OSError):
                self._wire.close()
            self._wire = None
        self._wipe()

    def _ask(self, credentials: Credentials | None, login: str | None) -> Head:
        self.close()
        name = self._address.name
        try:
            self._wire = self._connect()
            self._wire.sendall(self._request(credentials, login))
            return self._read_head()
        except ssl.SSLCertVerificationError:
            raise SourceUnavailable(
                f"{name} has a certificate that nobody vouches for here: name its CA with "
                "LETHE_CAMERA_CA_FILE"
            ) from None
        except TimeoutError:
            raise SourceUnavailable(
                f"{name} didn't answer within {OPEN_S:g} s: check the address and the network"
            ) from None
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise SourceUnavailable(
                f"{name} can't be reached ({why}): check host, port and network"
            ) from None

    def _connect(self) -> socket.socket:
        parts = urlsplit(self._address.location)
        secure = parts.scheme == "https"
        host = parts.hostname or ""
        wire = socket.create_connection((host, parts.port or (443 if secure else 80)), OPEN_S)
        if not secure:
            return wire
        try:
            context = ssl.create_default_context()
            if self._ca_file is not None:
                context.load_verify_locations(self._ca_file)
            return context.wrap_socket(wire, server_hostname=host)
        except BaseException:
            wire.close()
            raise

    def _target(self, credentials: Credentials | None) -> str:
        parts = urlsplit(self._address.location)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return credentials.filled(target) if credentials is not None else target

    def _request(self, credentials: Credentials | None, login: str | None) -> bytes:
        host = urlsplit(self._address.location).netloc
        lines = [
            f"GET {self._target(credentials)} HTTP/1.1",
            f"Host: {host}",
            "Accept: multipart/x-mixed-replace, image/jpeg",
            "Connection: close",
            "User-Agent: lethe",
        ]
        if login is not None:
            lines.append(f"Authorization: {login}")
        return "\r\n".join([*lines, "", ""]).encode()

    def _read_head(self) -> Head:
        self._filled = 0
        by_s = time.monotonic() + OPEN_S
        while (end := self._room.find(b"\r\n\r\n", 0, self._filled)) < 0:
            left_s = by_s - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            if self._filled > _MAX_HEAD_BYTES or not self._receive_more(left_s):
                raise SourceUnavailable(
                    f"{self._address.name} doesn't speak HTTP: check scheme and port"
                )
        self._body_at = end + 4
        return _parsed(bytes(memoryview(self._room)[:end]), self._address.name)

    def _receive(self, wait_s: float) -> None:
        self._body_at = self._filled = 0
        try:
            if not self._receive_more(wait_s):
                raise SourceLost(f"{self._address.name} ended the stream")
        except TimeoutError:
            return
        except OSError as error:
            raise SourceLost(
                f"{self._address.name} was cut off ({error.strerror or type(error).__name__})"
            ) from None

    def _receive_more(self, wait_s: float) -> int:
        if self._wire is None:
            raise SourceLost(f"{self._address.name} isn't open")
        self._wire.settimeout(wait_s)
        count = self._wire.recv_into(memoryview(self._room)[self._filled :])
        self._filled += count
        return count

    def _require_ok(self, head: Head, *, has_credentials: bool) -> None:
        name, status = self._address.name, head.status
        if status == _OK:
            return
        if status in {_UNAUTHORISED, _FORBIDDEN} and not has_credentials:
            raise SourceRejected(f"{name} asks for a user and a password: give it a secret")
        if status in {_UNAUTHORISED, _FORBIDDEN}:
            raise SourceRejected(
                f"{name} refuses the user and password of its secret: check the secret"
            )
        if status == _NOT_FOUND:
            raise SourceRejected(f"{name} isn't there (404): check the path of the address")
        if status in _REDIRECTS:
            raise SourceRejected(f"{name} has moved ({status}): name the address it moved to")
        raise SourceUnavailable(f"{name} answered with status {status}: check the camera")

    def _wipe(self) -> None:
        view = memoryview(self._room)[: self._filled]
        view[:] = bytes(len(view))
        self._body_at = self._filled = 0


def _parsed(head: bytes, name: str) -> Head:
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/") or not status.isdecimal():
        raise SourceUnavailable(f"{name} doesn't speak HTTP: check scheme and port")
    pairs = (line.partition(":") for line in lines)
    return Head(int(status), tuple((key.strip().lower(), value.strip()) for key, _, value in pairs))
