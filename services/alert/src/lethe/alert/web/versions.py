"""Versions of an alert in HTTP: which one an answer tells of, and which one a request is about."""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lethe.alert.alerts import Alert
from lethe.alert.watchlists import WatchlistBook
from lethe.alert.web.rendering import alert_json

_TAG = re.compile(r'"(\d{1,9})"')


def answer_with(alert: Alert, watchlists: WatchlistBook) -> Response:
    """Return an alert, with its version as ETag: it changes with what people do about it."""
    headers = {"ETag": f'"{alert.version}"'}
    return JSONResponse(alert_json(alert, watchlists), headers=headers)


def seen_version(request: Request) -> int | None:
    """Return the version that whoever sends a request has seen; None if they don't say.

    Raises
    ------
    HTTPException
        400 if it is no ETag of an alert.
    """
    given = request.headers.get("if-match")
    if given is None:
        return None
    tag = _TAG.fullmatch(given.strip())
    if tag is None:
        raise HTTPException(400, 'If-Match must be the ETag of an alert, such as "3"')
    return int(tag[1])
