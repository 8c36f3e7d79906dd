"""Who may call what: every role at every endpoint, and nobody where nothing is declared."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from tests.support.alert_desk import CROP, candidates_found, some_reasons
from tests.support.alert_web import BASE, AlertWeb
from tests.support.markdown import ROOT
from tests.support.tokens import Issuer, bearer

from lethe.alert.identity.access import Access
from lethe.alert.identity.principal import Role
from lethe.alert.web.doorkeeper import Doorkeeper
from lethe.alert.web.gate import gate_middleware
from lethe.alert.web.problems import problems_middleware

OPERATOR, OFFICER = Role.OPERATOR, Role.ENGAGEMENT_OFFICER
SUPERVISOR, AUTHORISING = Role.SUPERVISOR, Role.AUTHORISING_OFFICER
ALL = set(Role)
SEE = {OPERATOR, OFFICER, SUPERVISOR}
KEEP = {OPERATOR, SUPERVISOR}
READ = {*KEEP, AUTHORISING}
ANYBODY: set[Role] | None = None
MATRIX: dict[tuple[str, str], set[Role] | None] = {
    ("POST", "/session"): ANYBODY,
    ("GET", "/session"): ALL,
    ("DELETE", "/session"): ANYBODY,
    ("POST", "/sign-in-codes"): ALL,
    ("GET", "/alerts"): SEE,
    ("GET", "/alerts/{alert_id}"): SEE,
    ("GET", "/alerts/{alert_id}/probe"): SEE,
    ("GET", "/alerts/{alert_id}/figure"): SEE,
    ("GET", "/alerts/{alert_id}/reference"): SEE,
    ("GET", "/alerts/{alert_id}/subject"): SEE,
    ("POST", "/alerts/{alert_id}/acknowledgement"): SEE,
    ("POST", "/alerts/{alert_id}/claim"): {OFFICER},
    ("DELETE", "/alerts/{alert_id}/claim"): {OFFICER},
    ("POST", "/alerts/{alert_id}/adjudications"): SEE,
    ("websocket", "/alerts/stream"): SEE,
    ("GET", "/watchlists"): READ,
    ("POST", "/watchlists"): KEEP,
    ("GET", "/watchlists/{watchlist_id}"): READ,
    ("PUT", "/watchlists/{watchlist_id}"): KEEP,
    ("DELETE", "/watchlists/{watchlist_id}"): KEEP,
    ("GET", "/watchlists/{watchlist_id}/sample"): READ,
    ("POST", "/watchlists/{watchlist_id}/sample"): {SUPERVISOR, AUTHORISING},
    ("PUT", "/watchlists/{watchlist_id}/sample/{subject_id}"): {SUPERVISOR, AUTHORISING},
    ("GET", "/watchlists/{watchlist_id}/enrolment"): READ,
    ("POST", "/watchlists/{watchlist_id}/enrolment"): KEEP,
    ("POST", "/watchlists/{watchlist_id}/versions"): KEEP,
    ("GET", "/watchlists/{watchlist_id}/subjects"): READ,
    ("POST", "/watchlists/{watchlist_id}/entries"): KEEP,
    ("GET", "/watchlists/{watchlist_id}/subjects/{subject_id}"): READ,
    ("PUT", "/watchlists/{watchlist_id}/subjects/{subject_id}"): KEEP,
    ("DELETE", "/watchlists/{watchlist_id}/subjects/{subject_id}"): KEEP,
    ("GET", "/watchlists/{watchlist_id}/references"): READ,
    ("DELETE", "/watchlists/{watchlist_id}/references/{reference_id}"): KEEP,
    ("GET", "/watchlists/{watchlist_id}/references/{reference_id}/image"): READ,
    ("GET", "/drafts"): READ,
    ("POST", "/drafts"): READ,
    ("GET", "/drafts/{deployment_id}"): READ,
    ("PUT", "/drafts/{deployment_id}"): READ,
    ("DELETE", "/drafts/{deployment_id}"): READ,
    ("POST", "/drafts/{deployment_id}/signature"): READ,
    ("GET", "/drafts/{deployment_id}/authorisation"): {AUTHORISING},
    ("POST", "/drafts/{deployment_id}/authorisation"): {AUTHORISING},
    ("POST", "/deployments"): {AUTHORISING},
    ("GET", "/deployments"): ALL,
    ("GET", "/deployments/{deployment_id}"): ALL,
    ("GET", "/deployments/{deployment_id}/ordered"): ALL,
    ("GET", "/deployments/{deployment_id}/record"): {SUPERVISOR, AUTHORISING, Role.AUDITOR},
    ("POST", "/deployments/{deployment_id}/end"): READ,
    ("POST", "/deployments/{deployment_id}/erasure"): KEEP,
    ("POST", "/deployments/{deployment_id}/withdrawals"): {AUTHORISING},
    ("GET", "/deployments/{deployment_id}/walk-through"): {SUPERVISOR},
    ("POST", "/deployments/{deployment_id}/walk-through"): {SUPERVISOR},
    ("PUT", "/deployments/{deployment_id}/walk-through/cameras/{camera_id}"): {SUPERVISOR},
    ("POST", "/deployments/{deployment_id}/walk-through/erasure"): {SUPERVISOR},
    ("POST", "/deployments/{deployment_id}/walk-through/conclusion"): {SUPERVISOR},
    ("GET", "/status"): ALL,
    ("GET", "/figures"): {*READ, Role.AUDITOR},
    ("GET", "/cameras/{camera_id}/view"): KEEP,
    ("GET", "/audit"): {Role.AUDITOR},
    ("GET", "/receipts/entries"): {*READ, Role.AUDITOR},
    ("GET", "/receipts/verification"): {*READ, Role.AUDITOR},
    ("GET", "/receipts"): ANYBODY,
    ("GET", "/receipts/checkpoints"): ANYBODY,
    ("GET", "/openapi.json"): ANYBODY,
    ("GET", "/asyncapi.json"): ANYBODY,
}
OVER_HTTP = [each for each in MATRIX if each[0] != "websocket"]
GUARDED = [each for each in OVER_HTTP if MATRIX[each] is not None]


async def call(web: AlertWeb, endpoint: tuple[str, str], token: str | None) -> httpx.Response:
    method, path = endpoint
    kinds = ("alert", "watchlist", "subject", "reference", "deployment", "camera")
    names = [f"{kind}_id" for kind in kinds]
    address = "/api/v1" + path.format_map(dict.fromkeys(names, "nothing"))
    async with web.client() as client:
        del client.headers["Authorization"]
        headers = {} if token is None else bearer(token)
        return await client.request(method, address, headers=headers)


def declared(web: AlertWeb) -> dict[tuple[str, str], Access]:
    [api] = [route for route in web.routes() if getattr(route, "path", "") == "/api/v1"]
    assert isinstance(api, Mount)
    found: dict[tuple[str, str], Access] = {}
    for route in api.routes:
        access = getattr(route, "access", None)
        assert isinstance(access, Access), f"{route} doesn't declare who may call it"
        assert isinstance(route, Route | WebSocketRoute)
        methods = route.methods or set() if isinstance(route, Route) else {"websocket"}
        found |= {(method, route.path): access for method in methods - {"HEAD"}}
    return found


async def test_every_endpoint_is_in_the_matrix_as_it_is_declared(web: AlertWeb) -> None:
    told = {
        endpoint: ANYBODY if access.is_public else set(access.roles)
        for endpoint, access in declared(web).items()
    }
    assert told == MATRIX


def wrongly_answered(
    answer: httpx.Response, endpoint: tuple[str, str], role: Role
) -> dict[str, object]:
    """Return what is wrong with the answer that a role got; nothing is as it ought to be."""
    named = MATRIX[endpoint]
    if named is None or role in named:
        # Without a code or a token nobody is signed in, whoever asks.
        refused = {401} if endpoint == ("POST", "/session") else {401, 403}
        return {"refused": answer.status_code} if answer.status_code in refused else {}
    return differing(answer, 403) | (
        {} if "your role" in answer.text else {"doesn't say why": answer.text}
    )


def differing(answer: httpx.Response, status: int) -> dict[str, object]:
    """Return in what an answer isn't the problem of a status."""
    headers = answer.headers
    seen = (answer.status_code, headers.get("content-type"), headers.get("www-authenticate"))
    wanted = (status, "application/problem+json", "Bearer" if status == 401 else None)
    if seen != wanted:
        return {"is": seen}
    keys = set(answer.json())
    return {} if keys == {"type", "title", "status", "detail"} else {"holds": keys}


@pytest.mark.parametrize("role", Role)
async def test_a_role_gets_in_where_it_is_named_and_nowhere_else(web: AlertWeb, role: Role) -> None:
    token = web.issuer.token(role)
    answers = {endpoint: await call(web, endpoint, token) for endpoint in OVER_HTTP}
    wrong = {each: wrongly_answered(answer, each, role) for each, answer in answers.items()}
    assert {each: what for each, what in wrong.items() if what} == {}


def _wrong(issuer: Issuer) -> dict[str, str | None]:
    return {
        "no token": None,
        "no role": issuer.token(roles=[]),
        "expired": issuer.token(exp=1_000, iat=900),
        "another audience": issuer.token(aud="other"),
        "another issuer": issuer.token(iss="https://other.example"),
        "a key of another issuer": Issuer().token(),
        "nonsense": "nonsense",
    }


@pytest.mark.parametrize("wrong", _wrong(Issuer()))
async def test_without_a_token_that_holds_nothing_is_told(web: AlertWeb, wrong: str) -> None:
    token, status = _wrong(web.issuer)[wrong], 403 if wrong == "no role" else 401
    answers = {endpoint: await call(web, endpoint, token) for endpoint in GUARDED}
    told = {each: differing(answer, status) for each, answer in answers.items()}
    assert {each: what for each, what in told.items() if what} == {}


@pytest.mark.parametrize("scheme", ["Basic YTpi", "Bearer", "Token x", ""])
async def test_another_way_to_log_in_is_none(web: AlertWeb, scheme: str) -> None:
    async with web.client() as client:
        answer = await client.get("/api/v1/alerts", headers={"Authorization": scheme})
    assert answer.status_code == 401


async def test_a_token_in_the_address_counts_for_nothing(web: AlertWeb) -> None:
    token = web.issuer.token()
    async with web.client() as client:
        del client.headers["Authorization"]
        for name in ("token", "access_token"):
            answer = await client.get("/api/v1/alerts", params={name: token})
            assert answer.status_code == 401


async def test_only_an_engagement_officer_decides_after_an_engagement(web: AlertWeb) -> None:
    alert = await web.desk.receive(candidates_found("search"), CROP)
    assert alert is not None
    path = f"/api/v1/alerts/{alert.alert_id}/adjudications"
    decision = {"verdict": "true_alert", "confirmed": True}
    for roles, status in (((OPERATOR, SUPERVISOR), 403), ((OFFICER,), 200)):
        async with web.client(web.issuer.token(*roles)) as client:
            assert (await client.post(path, json=decision)).status_code == status


async def test_an_endpoint_that_declares_nothing_refuses_everybody() -> None:
    async def endpoint(_request: object) -> PlainTextResponse:
        raise AssertionError

    issuer = Issuer()
    routes = [Route("/forgotten", endpoint)]
    gate = gate_middleware(routes, Doorkeeper(issuer.verifier()), some_reasons())
    guards = [*problems_middleware(), gate]
    app = Starlette(routes=[Mount("/api/v1", routes=routes, middleware=guards)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        assert (await client.get("/api/v1/forgotten")).status_code == 401
        answer = await client.get("/api/v1/forgotten", headers=bearer(issuer.token()))
        assert answer.status_code == 403
        assert "nobody" in answer.json()["detail"]


async def test_what_fails_here_is_told_as_a_problem_that_says_nothing_of_it() -> None:
    async def endpoint(_request: object) -> PlainTextResponse:
        raise LookupError("a secret")

    routes = [Mount("/api/v1", routes=[Route("/x", endpoint)], middleware=problems_middleware())]
    transport = httpx.ASGITransport(Starlette(routes=routes), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        answer = await client.get("/api/v1/x")
    assert (answer.status_code, answer.json()["status"]) == (500, 500)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


async def test_what_is_not_there_is_told_as_a_problem(web: AlertWeb) -> None:
    async with web.client() as client:
        for method, path, status in (("GET", "nothing", 404), ("PUT", "alerts", 405)):
            answer = await client.request(method, f"/api/v1/{path}")
            assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_the_documented_table_is_the_declared_one() -> None:
    lines = (ROOT / "docs/how-to/decide-who-may-do-what.md").read_text().splitlines()
    requests = tuple(f"| `{method} " for method in ("GET", "POST", "PUT", "DELETE", "websocket"))
    rows = [line.strip("|").split("|") for line in lines if line.startswith(requests)]
    told = {}
    for request, who in ((row[0].strip().strip("`"), row[1].strip()) for row in rows):
        method, _, path = request.partition(" ")
        told[method, path] = who
    assert told == {endpoint: _in_words(named) for endpoint, named in MATRIX.items()}


def _in_words(named: set[Role] | None) -> str:
    if named is None:
        return "anybody, without a token"
    return "every role" if named == ALL else ", ".join(role for role in Role if role in named)
