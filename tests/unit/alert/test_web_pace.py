"""How often a person may ask, and how often signing in may fail."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from tests.support.alert_desk import some_reasons
from tests.support.alert_web import BASE, PORT, AlertWeb, alert_web
from tests.support.page_desk import PORTRAIT, Desk
from tests.support.tokens import Issuer, bearer
from tests.support.watchlists import pictured

from lethe.alert.identity.access import SIGNED_IN
from lethe.alert.identity.sign_in_codes import SignInCodes
from lethe.alert.web.gate import Doorkeeper, Endpoint, Pace, gate_middleware
from lethe.alert.web.problems import problems_middleware
from lethe.alert.web.rates import Rates
from lethe.alert.web.session import SessionEndpoints


def rates(burst: int) -> Rates:
    return Rates(0.001, burst, time.monotonic)


@asynccontextmanager
async def asking(issuer: Issuer, pace: Pace) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of two endpoints, one of which is audited by being read."""

    async def endpoint(_request: object) -> PlainTextResponse:
        return PlainTextResponse("there")

    routes = [
        Endpoint("/x", endpoint, SIGNED_IN),
        Endpoint("/read", endpoint, SIGNED_IN, is_audited=True),
    ]
    gate = gate_middleware(routes, Doorkeeper(issuer.verifier()), some_reasons(), pace)
    api = Mount("/api/v1", routes=routes, middleware=[*problems_middleware(), gate])
    transport = httpx.ASGITransport(Starlette(routes=[api]))
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/api/v1") as client:
        yield client


async def test_who_asks_far_too_often_is_told_to_wait_and_nobody_else() -> None:
    issuer = Issuer()
    async with asking(issuer, Pace(rates(2), rates(2))) as client:
        answers = [await client.get("/x", headers=bearer(issuer.token())) for _ in range(3)]
        other = await client.get("/x", headers=bearer(issuer.token(sub="Birch")))
    assert [answer.status_code for answer in (*answers, other)] == [200, 200, 429, 200]
    assert answers[-1].headers["Retry-After"] == "1"


async def test_what_is_audited_by_being_read_has_a_rate_of_its_own() -> None:
    issuer = Issuer()
    async with asking(issuer, Pace(rates(5), rates(1))) as client:
        client.headers.update(bearer(issuer.token()))
        statuses = [(await client.get(path)).status_code for path in ("/read", "/read", "/x")]
    assert statuses == [200, 429, 200]


async def test_every_reading_that_is_audited_is_declared(tmp_path: Path) -> None:
    """What writes an entry and isn't declared would have the rate of what writes none."""
    async with alert_web(tmp_path) as web, web.client() as client:
        added = await pictured(web.watchlists, "Eileen Collins", PORTRAIT)
        alert = await Desk(web, added, PORT).alert("search")
        names = {
            "alert_id": alert.alert_id,
            "watchlist_id": added.watchlist_id,
            "subject_id": added.subject_id,
            "reference_id": added.reference_id,
            "deployment_id": alert.deployment_id,
        }
        read = {}
        for route in reading(web):
            before = web.audit.size
            answer = await client.get(f"/api/v1{route.path.format(**names)}")
            assert answer.is_success or not route.is_audited, route.path
            read[route.path] = web.audit.size > before
        assert read == {route.path: route.is_audited for route in reading(web)}
        assert sum(read.values()) == 12


def reading(web: AlertWeb) -> list[Endpoint]:
    [api] = [each for each in web.routes() if isinstance(each, Mount) and each.path == "/api/v1"]
    return [
        each for each in api.routes if isinstance(each, Endpoint) and "GET" in (each.methods or ())
    ]


@asynccontextmanager
async def signing_in(issuer: Issuer, failures: Rates) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Give clients at two addresses."""
    codes = SignInCodes(time.monotonic)
    sessions = SessionEndpoints(Doorkeeper(issuer.verifier()), codes, failures)
    api = Mount("/api/v1", routes=sessions.routes(), middleware=problems_middleware())
    app = Starlette(routes=[api])
    transports = [httpx.ASGITransport(app, client=(host, 1)) for host in ("192.0.2.1", "192.0.2.2")]
    async with (
        httpx.AsyncClient(transport=transports[0], base_url=BASE) as first,
        httpx.AsyncClient(transport=transports[1], base_url=BASE) as second,
    ):
        yield [first, second]


@pytest.mark.parametrize("wrong", [{"code": "invented"}, {"token": "invented"}])
async def test_signing_in_fails_so_often_from_an_address_and_then_waits(
    wrong: dict[str, str],
) -> None:
    issuer = Issuer()
    right = {"token": issuer.token()}
    async with signing_in(issuer, rates(2)) as (here, elsewhere):
        path = "/api/v1/session"
        statuses = [(await here.post(path, json=wrong)).status_code for _ in range(3)]
        assert statuses == [401, 401, 429]
        # Whether a code would have counted isn't told either.
        assert (await here.post(path, json=right)).status_code == 429
        assert (await elsewhere.post(path, json=right)).status_code == 200


async def test_signing_in_is_not_counted_unless_it_fails() -> None:
    issuer = Issuer()
    async with signing_in(issuer, rates(2)) as (here, _):
        for _ in range(5):
            answer = await here.post("/api/v1/session", json={"token": issuer.token()})
            assert answer.status_code == 200
