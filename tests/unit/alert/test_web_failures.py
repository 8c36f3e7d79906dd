"""Whoever brings what doesn't hold is told to wait in the end; nobody else at their address is."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.requests import HTTPConnection
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from tests.support.markdown import page
from tests.support.streams import after, ending_of, open_stream, until_caught_up
from tests.support.tokens import bearer

from lethe.alert.web import doorkeeper
from lethe.alert.web.doorkeeper import address_of, usual_failures
from lethe.alert.web.rates import Rates

WAIT = "tokens and codes from your address didn't hold too often; wait a moment"
BAD = bearer("no.such.token")


@pytest.fixture(name="web")
async def web_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AlertWeb]:
    monkeypatch.setattr(doorkeeper, "usual_failures", lambda: Rates(0.001, 2, time.monotonic))
    async with alert_web(tmp_path) as web:
        yield web


@pytest.fixture(name="client")
async def client_(web: AlertWeb) -> AsyncIterator[httpx.AsyncClient]:
    async with web.client("") as client:
        del client.headers["authorization"]
        yield client


def at(address: str) -> HTTPConnection:
    return HTTPConnection({"type": "http", "client": (address, 4711), "headers": []})


async def test_tokens_that_do_not_hold_are_limited_and_whoever_has_one_that_does_is_not(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    answers = [await client.get("/api/v1/status", headers=BAD) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
    assert answers[-1].headers["Retry-After"] == "1"
    assert answers[-1].json()["detail"] == WAIT
    told = await client.get("/api/v1/status", headers=bearer(web.issuer.token()))
    assert told.status_code == 200
    # Nor does it count that somebody isn't signed in at all: every page asks that first.
    for _ in range(5):
        assert (await client.get("/api/v1/session")).status_code == 401


async def test_signing_in_with_what_does_not_hold_is_limited_and_with_what_does_is_not(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    async def sign_in(**secret: str) -> int:
        return (await client.post("/api/v1/session", json=secret)).status_code

    token = web.issuer.token()
    issued = await client.post("/api/v1/sign-in-codes", headers=bearer(token))
    tries = [{"code": "guessed"}, {"token": "no.such.token"}, {"code": "guessed"}, {"token": "x"}]
    assert [await sign_in(**secret) for secret in tries] == [401, 401, 429, 429]
    assert await sign_in(code=issued.json()["code"]) == 200
    assert await sign_in(token=token) == 200
    assert (await client.delete("/api/v1/session")).status_code == 204


async def test_on_the_stream_as_well(web: AlertWeb) -> None:
    port = free_port()
    async with served(web.app(port), port):
        endings = []
        for _ in range(3):
            async with open_stream(port) as socket:
                await socket.send(json.dumps({"after": 0, "token": "no.such.token"}))
                endings.append(await ending_of(socket))
        assert [code for code, _ in endings] == [4401, 4401, 1013]
        assert endings[-1][1] == WAIT
        async with open_stream(port) as socket:
            await socket.send(after(web, 0))
            await until_caught_up(socket)


def test_an_address_is_what_somebody_has_a_hold_of() -> None:
    assert address_of(at("192.0.2.1")) == "192.0.2.1"
    assert address_of(at("2001:db8::1")) == address_of(at("2001:db8:0:0:ffff::2"))
    assert address_of(at("2001:db8::1")) != address_of(at("2001:db8:0:1::1"))
    assert address_of(at("fe80::1%eth0")) == address_of(at("fe80::2"))
    assert address_of(at("::ffff:192.0.2.1")) == "192.0.2.1"
    assert address_of(at("testclient")) == "testclient"
    assert address_of(HTTPConnection({"type": "http", "headers": []})) == ""


def test_the_usual_limit_is_the_documented_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now_s)
    usual = usual_failures()
    burst = sum(usual.allows("a") for _ in range(1_000))
    now_s = 1.0
    per_s = sum(usual.allows("a") for _ in range(1_000))
    told = f"Of an address {per_s} tokens or codes a second may not hold, and {burst} at once"
    assert told in page("docs/reference/api.md").text
