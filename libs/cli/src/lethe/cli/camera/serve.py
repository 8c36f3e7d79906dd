"""`lethe camera serve`: recordings on the network, as MJPEG cameras have their pictures."""

from __future__ import annotations

import json
import signal
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from lethe.cli.camera.recording import PlayedRecording
from lethe.cli.stopping import SIGNALS
from lethe.contracts.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_BOUNDARY = "picture"
_UNREAD_S = 10.0
"""Whoever takes nothing for so long has lost the connection."""


def serve_recordings(
    files: Sequence[Path], *, host: str, port: int, max_fps: float, say: Callable[[str], None]
) -> None:
    """Serve each file under its name until Ctrl-C.

    Raises
    ------
    InvalidInput
        If two files have one name, one of them can't be read, or the port can't be served.
    """
    played = {file.stem: PlayedRecording(file, max_fps=max_fps) for file in files}
    if len(played) < len(files):
        raise InvalidInput("two files have one name, and so would their cameras: rename one")
    try:
        server = _Server((host, port), played)
    except OSError as error:
        raise InvalidInput(
            f"port {port} of {host} can't be served ({error.strerror}): choose another with --port"
        ) from None
    for number in SIGNALS:
        # `shutdown` waits for the thread that serves, which is this one.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    for name, each in played.items():
        each.start()
        say(f"{name} http://{host}:{server.server_port}/{name}")
    with server:
        server.serve_forever()
        for each in played.values():
            each.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], played: dict[str, PlayedRecording]) -> None:
        self.played = played
        super().__init__(address, _Answer)

    def trouble(self) -> str | None:
        return next((each.trouble for each in self.played.values() if each.trouble), None)


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    timeout = _UNREAD_S

    def do_GET(self) -> None:
        """Serve the camera that the path names, or whether all of them play."""
        played = self.server.played.get(self.path.removeprefix("/"))
        if played is not None:
            self._stream(played)
        elif self.path == "/readyz":
            self._tell(self.server.trouble())
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""

    def _stream(self, played: PlayedRecording) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        # Whoever watched may go at any time.
        with suppress(OSError):
            for jpeg in played.pictures():
                length = f"Content-Length: {len(jpeg)}"
                head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\n{length}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")

    def _tell(self, reason: str | None) -> None:
        content = json.dumps({"ready": reason is None, "reason": reason}).encode()
        self.send_response(HTTPStatus.OK if reason is None else HTTPStatus.SERVICE_UNAVAILABLE)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
