"""Scripts, styles and pictures of the pages, read once and served from memory."""

import gzip
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_DIGITS = 32
_READING = {"GET", "HEAD"}
_KINDS = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class _Asset:
    content: bytes = field(repr=False)
    packed: bytes = field(repr=False)
    media_type: str
    tag: str

    def answer(self, headers: Headers) -> Response:
        told = {"ETag": self.tag, "Vary": "Accept-Encoding"}
        if self.tag in (each.strip() for each in headers.get("if-none-match", "").split(",")):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=told)
        if "gzip" not in headers.get("accept-encoding", ""):
            return Response(self.content, media_type=self.media_type, headers=told)
        told["Content-Encoding"] = "gzip"
        return Response(self.packed, media_type=self.media_type, headers=told)


class Assets:
    """What lies in the folder `static`: the same for everybody, and nothing secret."""

    def __init__(self) -> None:
        folder = files(__package__).joinpath("static")
        self._assets = {each.name: _read(each.name, each.read_bytes()) for each in folder.iterdir()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise HTTPException(HTTPStatus.NOT_FOUND)
        found = self._assets.get(scope["path"].rpartition("/static/")[2])
        if found is None:
            answer = Response("there is no such file", HTTPStatus.NOT_FOUND)
        elif scope["method"] not in _READING:
            answer = Response(status_code=HTTPStatus.METHOD_NOT_ALLOWED)
        else:
            answer = found.answer(Headers(scope=scope))
        await answer(scope, receive, send)


def _read(name: str, content: bytes) -> _Asset:
    kind = _KINDS[name.rpartition(".")[2]]
    tag = f'"{sha256(content).hexdigest()[:_DIGITS]}"'
    return _Asset(content, gzip.compress(content, mtime=0), kind, tag)
