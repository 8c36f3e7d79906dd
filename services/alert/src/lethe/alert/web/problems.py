"""Errors as problem details (RFC 9457)."""

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response

from lethe.alert.errors import Conflict, NotFound
from lethe.contracts.errors import Erased, InvalidInput, Refused, Transient

_Handler = Callable[[Request, Exception], Awaitable[Response]]

_STATUS: dict[type[Exception], HTTPStatus] = {
    InvalidInput: HTTPStatus.BAD_REQUEST,
    Refused: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Erased: HTTPStatus.GONE,
    Transient: HTTPStatus.SERVICE_UNAVAILABLE,
}


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem: its status, the status's phrase as title, and what to do as detail."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    return Response(
        json.dumps(body | {"detail": detail}),
        status_code=status,
        headers=headers,
        media_type="application/problem+json",
    )


def problems_middleware() -> Middleware:
    """Return what turns exceptions into problems; other faults reach the server and its log."""
    handlers: dict[type[Exception], _Handler] = dict.fromkeys(_STATUS, _of_lethe)
    handlers[HTTPException] = _of_http
    return Middleware(ExceptionMiddleware, handlers=handlers)


async def _of_http(_request: Request, fault: Exception) -> Response:
    if not isinstance(fault, HTTPException):
        raise fault
    return problem(fault.status_code, fault.detail, fault.headers)


async def _of_lethe(_request: Request, fault: Exception) -> Response:
    status = next(_STATUS[kind] for kind in type(fault).__mro__ if kind in _STATUS)
    retry = {"Retry-After": "1"} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
    return problem(status, str(fault), retry)
