"""The gate before the API: every endpoint says who may call it, and nobody may otherwise."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Match, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from lethe.alert.audit.deeds import LONGEST_TEXT, Actor, acting_as
from lethe.alert.audit.reasons import Reason, Reasons
from lethe.alert.errors import TooMany
from lethe.alert.identity.access import NOBODY, Access
from lethe.alert.identity.principal import Principal
from lethe.alert.web.asked import Asked, Body
from lethe.alert.web.doorkeeper import Doorkeeper, address_of
from lethe.alert.web.rates import Rates

REASON = "Lethe-Reason"
"""The header in which a caller may say why, for the audit log."""

_PRINCIPAL = "lethe.principal"
_TOO_OFTEN = "you ask too often; wait a moment"


class Endpoint(Route):
    """A route with who may call it, and what OpenAPI tells of it.

    Parameters
    ----------
    takes
        Its body, if it has one.
    gives
        The status of its answer when all is well.
    may_have_nothing
        Whether there may be nothing to tell though all is well: 204 then.
    query
        What its address may hold.
    is_versioned
        Whether `If-Match` names the version that the request is about.
    is_audited
        Whether what it reads is told in the audit log: such a reading writes, in its turn among
        the alerts that are raised, and has a lower rate.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        access: Access,
        method: str = "GET",
        *,
        takes: Body | None = None,
        gives: HTTPStatus = HTTPStatus.OK,
        query: Sequence[Asked] = (),
        is_versioned: bool = False,
        is_audited: bool = False,
        may_have_nothing: bool = False,
    ) -> None:
        super().__init__(path, endpoint, methods=[method])
        self.access = access
        self.takes = takes
        self.gives = gives
        self.query = query
        self.is_versioned = is_versioned
        self.is_audited = is_audited
        self.may_have_nothing = may_have_nothing


class SocketEndpoint(WebSocketRoute):
    """A websocket with who may use it. It asks for the token itself, in its first message."""

    def __init__(self, path: str, endpoint: Callable[..., Any], access: Access) -> None:
        super().__init__(path, endpoint)
        self.access = access


def cookie_name(connection: HTTPConnection) -> str:
    """Return the name of the session's cookie: cookies of one host are shared by its ports."""
    _, _, port = connection.headers.get("host", "").rpartition(":")
    return f"lethe-session-{port}" if port.isdecimal() else "lethe-session"


def token_of(connection: HTTPConnection) -> str | None:
    """Return the token that a request brings in a header or its cookie, if any."""
    given = connection.headers.get("authorization")
    if given is None:
        return connection.cookies.get(cookie_name(connection))
    scheme, _, token = given.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def principal_of(connection: HTTPConnection) -> Principal:
    """Return who calls an endpoint that isn't public."""
    principal: Principal = connection.scope[_PRINCIPAL]
    return principal


def actor_of(principal: Principal, reason: Reason | None = None) -> Actor:
    """Return somebody as the audit log names them."""
    return Actor(principal.subject, tuple(sorted(role.value for role in principal.roles)), reason)


def _reason(connection: HTTPConnection) -> str:
    reason = connection.headers.get(REASON, "")
    if len(reason) > LONGEST_TEXT or not reason.isprintable():
        raise HTTPException(400, f"{REASON} has at most {LONGEST_TEXT} printable characters")
    return reason


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a person may ask: of all, and of what is audited by being read.

    And how often an address may, of what everybody may read.
    """

    requests: Rates
    readings: Rates
    anybody: Rates

    def require_of(self, connection: HTTPConnection) -> None:
        """Count a reading of whom nobody knows who they are.

        Raises
        ------
        TooMany
            If it is too many.
        """
        if not self.anybody.allows(address_of(connection)):
            raise TooMany(_TOO_OFTEN)

    def require(self, principal: Principal, route: BaseRoute) -> None:
        """Count a request.

        Raises
        ------
        TooMany
            If it is too many.
        """
        if not self.requests.allows(principal.subject):
            raise TooMany(_TOO_OFTEN)
        is_audited = isinstance(route, Endpoint) and route.is_audited
        if is_audited and not self.readings.allows(principal.subject):
            raise TooMany(_TOO_OFTEN)


def usual_pace(clock_s: Callable[[], float] = time.monotonic) -> Pace:
    """Return more than a page or an import ever needs: against what runs wild, not people.

    Behind one address may be a force's phones at the beginning of a shift.
    """
    return Pace(
        requests=Rates(300.0, 1_000, clock_s),
        readings=Rates(50.0, 500, clock_s),
        anybody=Rates(100.0, 2_000, clock_s),
    )


class Gate:
    """Lets through what the endpoint's declaration allows, and turns away what declares nothing."""

    def __init__(
        self,
        app: ASGIApp,
        routes: Sequence[BaseRoute],
        doorkeeper: Doorkeeper,
        reasons: Reasons,
        pace: Pace,
    ) -> None:
        self._app = app
        self._reasons = reasons
        self._routes = routes
        self._doorkeeper = doorkeeper
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one connection."""
        route = self._route(scope)
        access = _access(route)
        # A websocket can't be told why before it is accepted: `AlertStream` does that.
        if route and access and not access.is_public and scope["type"] == "http":
            connection = HTTPConnection(scope)
            principal = await self._doorkeeper.admit(token_of(connection), access, connection)
            self._pace.require(principal, route)
            scope[_PRINCIPAL] = principal
            reason = await self._reasons.seal(_reason(connection))
            with acting_as(actor_of(principal, reason)):
                await self._app(scope, receive, send)
        else:
            # Whoever signs in or out is never kept from it, however many are behind their address.
            is_counted = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
            if access and access.is_public and is_counted:
                self._pace.require_of(HTTPConnection(scope))
            await self._app(scope, receive, send)

    def _route(self, scope: Scope) -> BaseRoute | None:
        """Return what is asked for; None where there is nothing to call."""
        return next((r for r in self._routes if r.matches(scope)[0] is Match.FULL), None)


def _access(route: BaseRoute | None) -> Access | None:
    """Return who may call a route: nobody, if it doesn't say; None where there is none."""
    if route is None:
        return None
    access = getattr(route, "access", NOBODY)
    return access if isinstance(access, Access) else NOBODY


def gate_middleware(
    routes: Sequence[BaseRoute],
    doorkeeper: Doorkeeper,
    reasons: Reasons,
    pace: Pace | None = None,
) -> Middleware:
    """Return the gate before some routes; each person may ask as often as `pace` says."""
    pace = pace or usual_pace()
    return Middleware(Gate, routes=routes, doorkeeper=doorkeeper, reasons=reasons, pace=pace)


def is_loopback(headers: Headers) -> bool:
    """Tell whether a request is addressed to this machine by a name that never leaves it."""
    host = headers.get("host", "").rpartition(":")[0]
    return host.lower() in {"127.0.0.1", "localhost", "[::1]"}
