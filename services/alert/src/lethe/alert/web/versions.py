"""Versions in HTTP: which one an answer tells of, and which one a request is about (RFC 9110)."""

import re
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lethe.alert.alerts import Alert
from lethe.alert.web.views import AlertViews

_TAG = re.compile(r'"(\d{1,9})"')


def answer_with(alert: Alert, views: AlertViews) -> Response:
    """Return an alert, with its version as ETag: it changes with what people do about it."""
    return tagged(views.answered(alert), alert.version)


def tagged(
    content: dict[str, object], version: int, status: HTTPStatus = HTTPStatus.OK
) -> Response:
    """Return an answer that names the version of what it holds in its ETag."""
    return JSONResponse(content, status, headers={"ETag": f'"{version}"'})


def seen_version(request: Request) -> int | None:
    """Return the version that whoever sends a request has seen; None if they don't say.

    Raises
    ------
    HTTPException
        400 if it is no ETag of ours.
    """
    given = request.headers.get("if-match")
    if given is None:
        return None
    tag = _TAG.fullmatch(given.strip())
    if tag is None:
        raise HTTPException(400, 'If-Match must be the ETag of an answer, such as "3"')
    return int(tag[1])


def required_version(request: Request) -> int:
    """Return the version that whoever sends a request has seen.

    Raises
    ------
    HTTPException
        428 if they don't say, 400 as `seen_version`.
    """
    seen = seen_version(request)
    if seen is None:
        told = "read it first, and send its ETag as If-Match with the change"
        raise HTTPException(HTTPStatus.PRECONDITION_REQUIRED, told)
    return seen
