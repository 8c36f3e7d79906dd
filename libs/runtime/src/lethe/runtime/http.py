"""The HTTP side of a service: liveness, readiness and metrics, plus what the service adds."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from lethe.contracts.errors import InvalidInput
from lethe.runtime.certificate import Certificate
from lethe.runtime.intake import Intake
from lethe.runtime.websockets import FramedWebSocket

_STOP_S = 2
_TICK_S = 1.0
"""What an answer says that the time is, is made anew so often, to the second as it is told."""

_KEPT_S = 15
"""An idle connection stays open for so long. Clients let go of theirs after five seconds, as
uvicorn does by default: one that asked again just then got no answer."""
_UNREAD_MS = 30_000
"""A peer that takes nothing of what is sent to it for so long has lost its connection."""
_WEBSOCKET_BYTES = 4096
"""Clients say who they are, where they resume and what was delivered, nothing longer."""


class _Server(uvicorn.Server):
    """Waits to be told to end, where uvicorn's looks ten times a second whether it was."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()

    async def main_loop(self) -> None:
        """Serve until `end`."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._ending.wait()

    def end(self) -> None:
        """Have the server end; open requests get a moment."""
        self.should_exit = True
        self._ending.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the service: it stops its parts in order."""
        yield


class HttpServer:
    """Serves health beside a service's own routes.

    Parameters
    ----------
    identity
        What `/healthz` tells, beside that the event loop turns and what troubles it.
    middleware
        Called with the port, returns what wraps every route.
    certificate
        With which it speaks TLS, and nothing else then.
    is_ready
        Asked by `/readyz`: None when ready, else the reason why not.
    trouble
        Asked by `/healthz`: what somebody should mend, None when there is nothing.
    stands_by
        Asked by `/readyz`: whether it isn't ready because another instance does the work.

    Raises
    ------
    InvalidInput
        If the port is in use or not allowed, or the certificate can't be used.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        identity: dict[str, str],
        is_ready: Callable[[], str | None],
        trouble: Callable[[], str | None] = lambda: None,
        stands_by: Callable[[], bool] = lambda: False,
        routes: Sequence[BaseRoute] = (),
        middleware: Callable[[int], Sequence[Middleware]] = lambda _port: (),
        certificate: Certificate | None = None,
    ) -> None:
        context = certificate and certificate.context()
        self._identity = identity
        self._is_ready = is_ready
        self._trouble = trouble
        self._stands_by = stands_by
        self._socket = _bind(host, port)
        health = [
            Route("/healthz", self._healthz),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
        ]
        app = Starlette(routes=[*health, *routes], middleware=list(middleware(self.port)))
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_STOP_S,
            timeout_keep_alive=_KEPT_S,
            http=Intake,  # type: ignore[arg-type]  # which wants one that is given its bytes
            ws=FramedWebSocket,
            ws_max_size=_WEBSOCKET_BYTES,
            ssl_context_factory=(lambda *_: context) if context else None,
            # Compressing each message anew for every client costs more than the bytes it saves.
            ws_per_message_deflate=False,
            server_header=False,
            lifespan="off",
        )
        self._server = _Server(config)

    @property
    def port(self) -> int:
        """The port that is served."""
        return int(self._socket.getsockname()[1])

    async def run(self) -> None:
        """Serve until `stop`."""
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """End serving; open requests get a moment."""
        self._server.end()

    async def _healthz(self, _request: Request) -> Response:
        return JSONResponse({**self._identity, "trouble": self._trouble()})

    async def _readyz(self, _request: Request) -> Response:
        reason = self._is_ready()
        content: dict[str, Any] = {
            "ready": reason is None,
            "reason": reason,
            "standby": self._stands_by(),
        }
        return JSONResponse(content, status_code=200 if reason is None else 503)

    async def _metrics(self, _request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _bind(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Taken over by every connection. Closing one waits for what the peer hasn't read yet.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise InvalidInput(f"port {port} on {host}: {error.strerror}; choose another") from None
    return bound
