"""A TCP server of a test: one thread per connection, all of which can be cut at once."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Listener:
    """Listens on a free port of this machine until closed.

    Parameters
    ----------
    serve
        Given every connection, in a thread of its own.
    tls
        Wraps every connection.
    """

    def __init__(
        self, serve: Callable[[socket.socket], None], *, tls: ssl.SSLContext | None = None
    ) -> None:
        self._serve = serve
        self._tls = tls
        self._wires: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.connections = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Close every connection."""
        wires, self._wires = self._wires, []
        for wire in wires:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            wire.close()

    def close(self) -> None:
        """Close every connection and stop listening."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(10)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                wire, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(wire,), daemon=True).start()

    def _one(self, wire: socket.socket) -> None:
        # A client that goes away ends its connection, whatever was being said.
        with suppress(OSError, ValueError):
            if self._tls is not None:
                wire = self._tls.wrap_socket(wire, server_side=True)
            self.connections += 1
            self._wires.append(wire)
            self._serve(wire)
