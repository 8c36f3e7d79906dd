"""A browser signs in with a code or a token, and gets a cookie that no script can read."""

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from tests.support.alert_web import BASE, PORT, AlertWeb, alert_web
from tests.support.tokens import bearer

from lethe.alert.identity.principal import Role
from lethe.alert.web.guards import create_middleware

SESSION = "/api/v1/session"
COOKIE = f"lethe-session-{PORT}"


@pytest.fixture(name="web")
async def web_(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path) as web:
        yield web


@pytest.fixture(name="browser")
async def browser_(web: AlertWeb) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client that has no token, but keeps cookies."""
    async with web.client() as client:
        del client.headers["Authorization"]
        yield client


async def a_code(web: AlertWeb, token: str) -> str:
    async with web.client(token) as client:
        answer = await client.post("/api/v1/sign-in-codes")
    assert answer.status_code == 201
    return str(answer.json()["code"])


async def test_a_code_signs_a_browser_in_once_with_the_token_that_asked_for_it(
    web: AlertWeb, browser: httpx.AsyncClient
) -> None:
    code = await a_code(web, web.issuer.token(Role.OPERATOR, sub="Ann"))
    answer = await browser.post(SESSION, json={"code": code})
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["roles"]) == ("Ann", ["operator"])
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "strict", "/")
    assert cookie["expires"]
    assert not cookie["secure"]
    assert (await browser.get("/api/v1/alerts")).status_code == 200
    assert (await browser.post("/api/v1/deployments")).status_code == 403
    assert (await browser.get(SESSION)).json()["subject"] == "Ann"

    browser.cookies.clear()
    again = await browser.post(SESSION, json={"code": code})
    assert again.status_code == 401
    assert "used" in again.json()["detail"]
    assert "set-cookie" not in again.headers


async def test_a_token_signs_a_browser_in_as_well_and_signing_out_ends_it(
    web: AlertWeb, browser: httpx.AsyncClient
) -> None:
    answer = await browser.post(SESSION, json={"token": web.issuer.token()})
    assert answer.status_code == 200
    assert (await browser.get("/api/v1/alerts")).status_code == 200
    assert (await browser.delete(SESSION)).status_code == 204
    assert (await browser.get("/api/v1/alerts")).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"code": "invented"}, 401),
        ({"token": "invented"}, 401),
        ({}, 401),
        ({"code": 7}, 400),
        ({"code": "c" * 101}, 400),
        ({"name": "Ann"}, 400),
    ],
)
async def test_nothing_else_signs_anybody_in(
    browser: httpx.AsyncClient, body: dict[str, object], status: int
) -> None:
    answer = await browser.post(SESSION, json=body)
    assert answer.status_code == status
    assert "invented" not in answer.text
    assert "set-cookie" not in answer.headers


async def test_a_token_without_a_role_gives_no_session(
    web: AlertWeb, browser: httpx.AsyncClient
) -> None:
    answer = await browser.post(SESSION, json={"token": web.issuer.token(roles=[])})
    assert answer.status_code == 403


async def test_under_a_name_that_leaves_the_machine_the_cookie_needs_tls(web: AlertWeb) -> None:
    app = web.app()
    app.user_middleware = create_middleware({"officers.example"})
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://officers.example") as client:
        answer = await client.post(SESSION, json={"token": web.issuer.token()})
    assert SimpleCookie(answer.headers["set-cookie"])["lethe-session"]["secure"] is True


async def test_another_site_can_sign_nobody_in(web: AlertWeb, browser: httpx.AsyncClient) -> None:
    body = {"token": web.issuer.token()}
    answer = await browser.post(SESSION, json=body, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    form = await browser.post(SESSION, data=body)
    assert form.status_code == 415


async def test_a_given_token_counts_before_the_cookie(
    web: AlertWeb, browser: httpx.AsyncClient
) -> None:
    await browser.post(SESSION, json={"token": web.issuer.token()})
    answer = await browser.get("/api/v1/alerts", headers=bearer(web.issuer.token(Role.AUDITOR)))
    assert answer.status_code == 403


async def test_the_cookie_of_another_port_is_another_ones(
    web: AlertWeb, browser: httpx.AsyncClient
) -> None:
    browser.cookies.set("lethe-session-1", web.issuer.token(), domain="127.0.0.1")
    assert (await browser.get(f"{BASE}/api/v1/alerts")).status_code == 401
