"""`lethe token` and `lethe sign-in`: what they mint is what alert takes."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from tests.support.forgetting import local_trust

from lethe.alert.identity.claims import AUDIENCE, LOCAL_ISSUER, MOST_LIFE_S, SKEW_S
from lethe.alert.identity.issuer import keys_in
from lethe.alert.identity.jwt_tokens import JwtVerifier, Rules
from lethe.alert.identity.principal import Principal, Role
from lethe.cli.__main__ import lethe
from lethe.cli.identity.minting import Grant, LocalTokens, command_tokens, page_tokens
from lethe.cli.identity.page_link import PageLink
from lethe.cli.session import signing_in
from lethe.cli.session.api import AlertApi
from lethe.contracts.errors import InvalidInput
from lethe.shredding.trust import LocalTrust


@pytest.fixture(scope="module", name="trust")
def trust_(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


def run(trust: LocalTrust, *arguments: str) -> Result:
    return CliRunner().invoke(lethe, [*arguments, "--trust", str(trust.folder)])


async def verified(trust: LocalTrust, token: str) -> Principal:
    """Verify a token as alert of a local stack does."""
    rules = Rules(LOCAL_ISSUER, AUDIENCE, MOST_LIFE_S)
    keys = keys_in(trust.token_keys_file)
    return await JwtVerifier(rules, keys, time.time, time.monotonic).verify(token)


async def test_a_token_says_what_was_asked_for(trust: LocalTrust) -> None:
    limits = ["--deployment", "d-1", "--deployment", "d-2", "--area", "north"]
    roles = ["--role", "operator", "--role", "auditor"]
    told = run(trust, "token", *roles, "--subject", "Ann", *limits, "--minutes", "15")
    assert (told.exit_code, len(told.output.splitlines())) == (0, 1)
    principal = await verified(trust, told.output.strip())
    assert principal.subject == "Ann"
    assert principal.roles == {Role.OPERATOR, Role.AUDITOR}
    assert principal.deployments == frozenset({"d-1", "d-2"})
    assert principal.areas == frozenset({"north"})
    assert 0 <= time.time() + 15 * 60 + SKEW_S - principal.expires_s < 60


async def test_without_limits_it_is_for_everything_and_counts_for_an_hour(
    trust: LocalTrust,
) -> None:
    principal = await verified(trust, run(trust, "token", "--role", "auditor").output.strip())
    assert not principal.is_limited
    assert 0 <= time.time() + 3_600 + SKEW_S - principal.expires_s < 60


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--role", "root"],
        ["--role", "auditor", "--minutes", "0"],
        ["--role", "auditor", "--minutes", "721"],
        ["--role", "auditor", "--subject", " "],
        ["--role", "auditor", "--subject", "a\nb"],
        ["--role", "auditor", "--subject", "a" * 101],
        ["--role", "auditor", "--area", ""],
    ],
)
def test_what_no_token_can_say_mints_none(trust: LocalTrust, arguments: list[str]) -> None:
    told = run(trust, "token", *arguments)
    assert told.exit_code != 0
    assert "eyJ" not in told.output


def test_a_folder_without_a_key_is_named(tmp_path: Path) -> None:
    told = CliRunner().invoke(lethe, ["token", "--role", "auditor", "--trust", str(tmp_path)])
    assert isinstance(told.exception, InvalidInput)
    assert "token.key" in str(told.exception)


async def test_commands_use_the_token_that_is_given_or_mint_their_own(
    trust: LocalTrust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LETHE_TOKEN", raising=False)
    principal = await verified(trust, command_tokens(trust.folder)())
    assert principal.roles == {Role.SUPERVISOR, Role.AUTHORISING_OFFICER}
    monkeypatch.setenv("LETHE_TOKEN", "given\n")
    assert command_tokens(trust.folder)() == "given"
    assert command_tokens(trust.folder, given=False)() != "given"


async def test_the_pages_token_is_no_authorising_officers(trust: LocalTrust) -> None:
    principal = await verified(trust, page_tokens(trust.folder)())
    assert principal.roles == {Role.OPERATOR, Role.ENGAGEMENT_OFFICER, Role.SUPERVISOR}


def test_a_long_run_gets_a_fresh_token_before_the_last_ends(
    trust: LocalTrust, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 1_000_000.0
    monkeypatch.setattr("lethe.cli.identity.minting.time.time", lambda: now_s)
    tokens = LocalTokens(Grant("Ann", (Role.AUDITOR,), life_s=3_600), trust.folder)
    first = tokens()
    now_s += 3_000
    assert tokens() == first
    now_s += 400
    second = tokens()
    assert second != first
    # Nor does a clock that is set back leave a token that doesn't count yet.
    now_s -= 86_400
    assert tokens() not in {first, second}


class Alert:
    """Gives codes, and notes the tokens that asked for them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_away = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/api/v1/sign-in-codes")
        if self.is_away:
            return httpx.Response(500)
        self.asked.append(request.headers["authorization"])
        return httpx.Response(201, json={"code": f"code-{len(self.asked)}"})


async def test_the_address_of_the_page_keeps_its_code_for_a_minute_and_while_alert_is_away() -> (
    None
):
    alert = Alert()
    async with AlertApi("http://a", lambda: "own", httpx.MockTransport(alert.answer)) as api:
        page = PageLink(api, "http://a", lambda: "the page's")
        assert await page.issue() == "http://a/#sign-in=code-1"
        await page.refresh()
        assert page.address == "http://a/#sign-in=code-1"
        assert alert.asked == ["Bearer the page's"]
        page._refreshed_s -= 61
        alert.is_away = True
        await page.refresh()
        assert page.address == "http://a/#sign-in=code-1"
        alert.is_away = False
        await page.refresh()
        assert page.address == "http://a/#sign-in=code-2"


def test_sign_in_prints_an_address_with_a_code_for_who_was_named(
    trust: LocalTrust, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = Alert()
    transport = httpx.MockTransport(alert.answer)
    monkeypatch.setattr(signing_in, "AlertApi", lambda url, token: AlertApi(url, token, transport))
    told = run(trust, "sign-in", "--alert-url", "http://a:1/", "--subject", "Ann")
    assert told.output == "http://a:1/#sign-in=code-1\n"
    [bearer] = alert.asked
    assert asyncio.run(verified(trust, bearer.removeprefix("Bearer "))).subject == "Ann"
