"""How often a person may ask."""

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
from lethe.alert.web import cameras
from lethe.alert.web.gate import Doorkeeper, Endpoint, Pace, gate_middleware
from lethe.alert.web.problems import problems_middleware
from lethe.alert.web.rates import Rates


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


async def test_every_reading_that_is_audited_is_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What writes an entry and isn't declared would have the rate of what writes none."""
    monkeypatch.setattr(cameras, "PATIENCE_S", 0.01)
    async with alert_web(tmp_path) as web, web.client() as client:
        added = await pictured(web.watchlists, "Eileen Collins", PORTRAIT)
        alert = await Desk(web, added, PORT).alert("search")
        names = {
            "alert_id": alert.alert_id,
            "watchlist_id": added.watchlist_id,
            "subject_id": added.subject_id,
            "reference_id": added.reference_id,
            "deployment_id": alert.deployment_id,
            "camera_id": "entrance",
        }
        read = {}
        for route in reading(web):
            before = web.audit.size
            answer = await client.get(f"/api/v1{route.path.format(**names)}")
            assert answer.is_success or not route.is_audited, route.path
            read[route.path] = web.audit.size > before
        assert read == {route.path: route.is_audited for route in reading(web)}
        assert sum(read.values()) == 14


def reading(web: AlertWeb) -> list[Endpoint]:
    [api] = [each for each in web.routes() if isinstance(each, Mount) and each.path == "/api/v1"]
    return [
        each for each in api.routes if isinstance(each, Endpoint) and "GET" in (each.methods or ())
    ]
