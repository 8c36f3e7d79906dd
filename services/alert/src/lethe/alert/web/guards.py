"""Who may talk to the page's server, and what its answers forbid a browser to do."""

from collections.abc import Collection
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from lethe.alert.web.problems import problem

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_WEB_SCHEMES = ("http://", "https://")
_FOREIGN_SITES = {"cross-site", "same-site"}


def loopback_hosts(port: int) -> frozenset[str]:
    """Return the Host headers of a server that listens on this machine only."""
    return frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))


def create_middleware(allowed_hosts: Collection[str]) -> list[Middleware]:
    """Return the guards, outermost first.

    Parameters
    ----------
    allowed_hosts
        Host headers, with port, under which the server may be addressed: see `loopback_hosts`.
    """
    return [
        Middleware(SecurityHeaders),
        Middleware(OriginGuard, allowed_hosts=frozenset(h.lower() for h in allowed_hosts)),
    ]


class SecurityHeaders:
    """Adds headers to every answer: nothing inline, nothing framed, nothing kept from the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caching = "no-store" if scope.get("path", "").startswith("/api/") else "no-cache"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers["Cache-Control"] = caching
            await send(message)

        await self._app(scope, receive, send_with_headers)


class OriginGuard:
    """Refuses what a page of another site could make a browser send here.

    A name that resolves to this machine (DNS rebinding) brings its own Host header; another
    site's script, form or image brings its Origin or Sec-Fetch-Site. A program other than a
    browser brings neither of the latter and is let through.
    """

    def __init__(self, app: ASGIApp, allowed_hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one connection."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008, reason=refusal)(scope, receive, send)
        else:
            await problem(HTTPStatus.FORBIDDEN, refusal)(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        if len(headers.getlist("host")) != 1 or headers["host"].lower() not in self._hosts:
            return "this server isn't addressed by this name; use the address that it printed"
        origin = headers.get("origin")
        if origin is not None and not self._is_ours(origin.lower()):
            return "requests from other sites are refused"
        foreign = headers.get("sec-fetch-site") in _FOREIGN_SITES
        if foreign and scope["path"].startswith("/api/"):
            return "requests from other sites are refused"
        return None

    def _is_ours(self, origin: str) -> bool:
        return any(
            origin.startswith(scheme) and origin.removeprefix(scheme) in self._hosts
            for scheme in _WEB_SCHEMES
        )
