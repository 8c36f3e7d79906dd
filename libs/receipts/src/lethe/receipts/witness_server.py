"""A witness over HTTP: small, bounded, and without anything but the standard library."""

import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore
from typing import Any

from lethe.receipts.errors import BadInput
from lethe.receipts.submissions import MOST_BYTES, PATH
from lethe.receipts.witness import Answer, Witness

CHECKPOINTS = "/checkpoints"
_TIMEOUT_S = 10
_MOST_CONNECTIONS = 32


class WitnessServer(ThreadingHTTPServer):
    """Serves until `shutdown`; a connection that is one too many is closed at once.

    Raises
    ------
    BadInput
        If it can't listen there.
    """

    daemon_threads = True

    def __init__(self, witness: Witness, host: str, port: int) -> None:
        self.witness = witness
        self._room = BoundedSemaphore(_MOST_CONNECTIONS)
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            why = error.strerror if isinstance(error, OSError) else "no port"
            raise BadInput(f"{host}:{port}: {why}") from None

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection if there is room."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, and make room."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "lethe-witness", ""
    timeout = _TIMEOUT_S
    server: WitnessServer

    def do_POST(self) -> None:
        """Take a checkpoint."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > MOST_BYTES:
            self.close_connection = True
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if length else HTTPStatus.LENGTH_REQUIRED
            self._answer(Answer(status))
            return
        body = self.rfile.read(int(length))
        if self.path == PATH:
            self._answer(self.server.witness.add_checkpoint(body))
        else:
            self._answer(Answer(HTTPStatus.NOT_FOUND))

    def do_GET(self) -> None:
        """Show what was seen."""
        if self.path == CHECKPOINTS:
            self._answer(Answer(HTTPStatus.OK, self.server.witness.checkpoints()))
        else:
            self._answer(Answer(HTTPStatus.NOT_FOUND))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base names it so
        """Log nothing: who asks is nobody's business."""

    def _answer(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
