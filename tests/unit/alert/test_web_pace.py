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
from tests.support.markdown import page
from tests.support.page_desk import PORTRAIT, Desk
from tests.support.tokens import Issuer, bearer
from tests.support.watchlists import outcome, pictured

from lethe.alert.identity.access import PUBLIC, SIGNED_IN
from lethe.alert.ports import SignedState
from lethe.alert.web import cameras
from lethe.alert.web.doorkeeper import Doorkeeper
from lethe.alert.web.gate import Endpoint, Pace, gate_middleware, usual_pace
from lethe.alert.web.limits import DEFAULT_LIMITS
from lethe.alert.web.problems import problems_middleware
from lethe.alert.web.rates import Rates
from lethe.contracts.sealed import SignedEnvelope


def rates(burst: int) -> Rates:
    return Rates(0.001, burst, time.monotonic)


@asynccontextmanager
async def asking(
    issuer: Issuer, pace: Pace, address: str = "192.0.2.1"
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of two endpoints, one of which is audited by being read."""

    async def endpoint(_request: object) -> PlainTextResponse:
        return PlainTextResponse("there")

    routes = [
        Endpoint("/x", endpoint, SIGNED_IN),
        Endpoint("/read", endpoint, SIGNED_IN, is_audited=True),
        Endpoint("/open", endpoint, PUBLIC),
        Endpoint("/open", endpoint, PUBLIC, "DELETE"),
        Endpoint("/open", endpoint, PUBLIC, "POST"),
    ]
    gate = gate_middleware(routes, Doorkeeper(issuer.verifier()), some_reasons(), pace)
    api = Mount("/api/v1", routes=routes, middleware=[*problems_middleware(), gate])
    transport = httpx.ASGITransport(Starlette(routes=[api]), client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/api/v1") as client:
        yield client


async def test_who_asks_far_too_often_is_told_to_wait_and_nobody_else() -> None:
    issuer = Issuer()
    async with asking(issuer, Pace(rates(2), rates(2), rates(1))) as client:
        answers = [await client.get("/x", headers=bearer(issuer.token())) for _ in range(3)]
        other = await client.get("/x", headers=bearer(issuer.token(sub="Birch")))
    assert [answer.status_code for answer in (*answers, other)] == [200, 200, 429, 200]
    assert answers[-1].headers["Retry-After"] == "1"


async def test_what_is_audited_by_being_read_has_a_rate_of_its_own() -> None:
    issuer = Issuer()
    async with asking(issuer, Pace(rates(5), rates(1), rates(1))) as client:
        client.headers.update(bearer(issuer.token()))
        statuses = [(await client.get(path)).status_code for path in ("/read", "/read", "/x")]
    assert statuses == [200, 429, 200]


async def test_what_needs_no_token_is_limited_by_address_and_nothing_else_is() -> None:
    issuer, pace = Issuer(), Pace(rates(9), rates(9), rates(2))
    async with asking(issuer, pace) as client, asking(issuer, pace, "192.0.2.2") as other:
        statuses = [(await client.get("/open")).status_code for _ in range(3)]
        signed_in = await client.get("/x", headers=bearer(issuer.token()))
        assert (await other.get("/open")).status_code == 200
        assert (await client.delete("/open")).status_code == 200, "as one signs out"
        assert (await client.post("/open")).status_code == 200, "as one signs in"
    assert (statuses, signed_in.status_code) == ([200, 200, 429], 200)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("requests", "A person may send {} requests a second, and {} at once after a pause"),
        ("readings", "Of these {} a second, and {} at once, may read what the audit log tells"),
        ("anybody", "an address may ask for {} times a second, and {} times at once"),
    ],
)
def test_the_usual_pace_is_the_documented_one(kind: str, told: str) -> None:
    now_s = 0.0
    usual: Rates = getattr(usual_pace(lambda: now_s), kind)
    burst = sum(usual.allows("Ames") for _ in range(5_000))
    now_s = 1.0
    per_s = sum(usual.allows("Ames") for _ in range(5_000))
    assert told.format(f"{per_s:,}", f"{burst:,}") in page("docs/reference/api.md").text


def test_the_limits_of_the_stream_are_the_documented_ones() -> None:
    limits = DEFAULT_LIMITS
    assert (limits.openings_per_s, limits.opening_burst) == (1, 60)
    for told in (
        f"There may be {limits.of_one} connections of one person and {limits.connections:,} in all",
        f"who they are there may be {limits.unknown}:",
        f"A person may connect once a second, and {limits.opening_burst} times at once",
        f"may send {limits.messages_per_s:.0f} messages a second, and {limits.message_burst} at",
        f"comes after {limits.heartbeat_s:.0f} s of silence",
    ):
        assert told in page("docs/reference/api.md").text


async def test_every_reading_that_is_audited_is_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What writes an entry and isn't declared would have the rate of what writes none."""
    monkeypatch.setattr(cameras, "PATIENCE_S", 0.01)
    async with alert_web(tmp_path) as web, web.client() as client:
        added = await pictured(web.watchlists, "Eileen Collins", PORTRAIT)
        alert = await Desk(web, added, PORT).alert("search")
        [stands] = web.status.now.deployments
        signed = SignedEnvelope(signer="officer", payload=b"order", signature=b"signature")
        web.status.orders[alert.deployment_id] = SignedState(stands, signed, signed, 1, ["s0"])
        await web.watchlists.record([outcome(added.reference_id)])
        drawn = f"{BASE}/api/v1/watchlists/{added.watchlist_id}/sample"
        assert (await client.post(drawn, json={"size": 1})).is_success
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
        assert sum(read.values()) == 16


def reading(web: AlertWeb) -> list[Endpoint]:
    [api] = [each for each in web.routes() if isinstance(each, Mount) and each.path == "/api/v1"]
    return [
        each for each in api.routes if isinstance(each, Endpoint) and "GET" in (each.methods or ())
    ]
