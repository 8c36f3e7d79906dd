"""Errors as problem details (RFC 9457)."""

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lethe.alert.errors import Conflict, NotFound, NotSignedIn, Stale, TooMany
from lethe.contracts.errors import Erased, InvalidInput, LetheError, Refused, Transient

_Handler = Callable[[Request, Exception], Awaitable[Response]]

_STATUS: dict[type[Exception], HTTPStatus] = {
    InvalidInput: HTTPStatus.BAD_REQUEST,
    NotSignedIn: HTTPStatus.UNAUTHORIZED,
    Refused: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Erased: HTTPStatus.GONE,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Transient: HTTPStatus.SERVICE_UNAVAILABLE,
}

_HEADERS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "1"},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": "1"},
}


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem as an answer."""
    return Response(
        json.dumps(_described(status, detail)),
        status_code=status,
        headers=headers,
        media_type="application/problem+json",
    )


def problem_of(fault: LetheError) -> dict[str, object]:
    """Return the problem that a fault is, to stand in an answer to several things."""
    return _described(_status(fault), str(fault))


def problems_middleware() -> list[Middleware]:
    """Return what turns exceptions into problems; other faults reach the server's log as well."""
    handlers: dict[type[Exception], _Handler] = dict.fromkeys(_STATUS, _of_lethe)
    handlers[HTTPException] = _of_http
    return [Middleware(Faults), Middleware(ExceptionMiddleware, handlers=handlers)]


class Faults:
    """Answers with a problem that says nothing of what failed, and lets the failure go on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception:
            if not has_begun:
                told = "this failed here; its log says where"
                await problem(HTTPStatus.INTERNAL_SERVER_ERROR, told)(scope, receive, send)
            raise


async def _of_http(_request: Request, fault: Exception) -> Response:
    if not isinstance(fault, HTTPException):
        raise fault
    return problem(fault.status_code, fault.detail, fault.headers)


async def _of_lethe(_request: Request, fault: Exception) -> Response:
    status = _status(fault)
    return problem(status, str(fault), _HEADERS.get(status))


def _status(fault: Exception) -> HTTPStatus:
    return next(_STATUS[kind] for kind in type(fault).__mro__ if kind in _STATUS)


def _described(status: int, detail: str) -> dict[str, object]:
    """Return a problem: its status, the status's phrase as title, and what to do as detail."""
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}
