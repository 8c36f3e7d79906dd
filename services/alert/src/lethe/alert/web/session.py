"""Signing in: a token or a one-time code becomes a cookie that scripts can't read."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.identity.access import PUBLIC, SIGNED_IN
from lethe.alert.identity.principal import Principal, Role
from lethe.alert.identity.sign_in_codes import LIFE_S, SignInCodes
from lethe.alert.web.asked import JsonBody
from lethe.alert.web.bodies import read_json
from lethe.alert.web.doorkeeper import Doorkeeper
from lethe.alert.web.gate import (
    Endpoint,
    cookie_name,
    is_loopback,
    principal_of,
    token_of,
)


class SignIn(BaseModel):
    """One of the two: a code that somebody was given, or a bearer token."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    code: str | None = Field(default=None, max_length=100, repr=False)
    token: str | None = Field(default=None, repr=False)


class SignedIn(BaseModel):
    """Who is signed in, and until when.

    Attributes
    ----------
    name
        As it stands in what they do.
    deployments, areas
        What they are limited to, if they are.
    expires_at
        RFC 3339, UTC.
    """

    subject: str
    name: str
    roles: list[Role]
    deployments: list[str] | None
    areas: list[str] | None
    expires_at: str

    @classmethod
    def of(cls, principal: Principal) -> Self:
        """Return it of somebody whose token holds."""
        return cls(
            subject=principal.subject,
            name=principal.label,
            roles=sorted(principal.roles),
            deployments=_limit(principal.deployments),
            areas=_limit(principal.areas),
            expires_at=datetime.fromtimestamp(principal.expires_s, UTC).isoformat(),
        )


class SessionEndpoints:
    """How a browser signs in and out.

    A code has 128 random bits and a token is signed, so there is nothing to guess: an address is
    told to wait once that fails too often, and whoever has one that holds isn't.
    """

    def __init__(self, doorkeeper: Doorkeeper, codes: SignInCodes) -> None:
        self._doorkeeper = doorkeeper
        self._codes = codes

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Endpoint("/session", self.sign_in, PUBLIC, "POST", takes=JsonBody(SignIn)),
            Endpoint("/session", self.show, SIGNED_IN),
            Endpoint("/session", self.sign_out, PUBLIC, "DELETE", gives=HTTPStatus.NO_CONTENT),
            Endpoint("/sign-in-codes", self.issue, SIGNED_IN, "POST", gives=HTTPStatus.CREATED),
        ]

    async def sign_in(self, request: Request) -> Response:
        """Take `{"code": ...}` or `{"token": ...}`; answer with who signed in, and the cookie."""
        try:
            body = SignIn.model_validate(await read_json(request))
        except ValidationError:
            raise HTTPException(400, "send a code or a token") from None
        with self._doorkeeper.counting(request):
            token = self._codes.redeem(body.code) if body.code else body.token
        principal = await self._doorkeeper.admit(token, SIGNED_IN, request)
        answer = JSONResponse(SignedIn.of(principal).model_dump(mode="json"))
        answer.set_cookie(
            cookie_name(request),
            token or "",
            # A cookie that outlived the token would only be refused.
            expires=datetime.fromtimestamp(principal.expires_s, UTC),
            httponly=True,
            samesite="strict",
            secure=not is_loopback(request.headers),
        )
        return answer

    async def show(self, request: Request) -> Response:
        """Answer with who is signed in."""
        return JSONResponse(SignedIn.of(principal_of(request)).model_dump(mode="json"))

    async def sign_out(self, request: Request) -> Response:
        """Have the browser forget its cookie."""
        answer = Response(status_code=HTTPStatus.NO_CONTENT)
        answer.delete_cookie(cookie_name(request), httponly=True, samesite="strict")
        return answer

    async def issue(self, request: Request) -> Response:
        """Answer with a code that signs a browser in with the token of this request."""
        code = self._codes.issue(token_of(request) or "")
        return JSONResponse({"code": code, "life_s": LIFE_S}, HTTPStatus.CREATED)


def _limit(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)
