"""`lethe status` and `lethe resume` say what stands, and sign what was shown."""

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from tests.support.clocks import WALL_US
from tests.support.forgetting import an_order, book_with, local_trust

from lethe.cli.__main__ import lethe
from lethe.cli.session import resuming
from lethe.cli.session.api import AlertApi
from lethe.contracts.errors import Refused
from lethe.contracts.orders import DeploymentOrdered
from lethe.shredding.orders import OrderBook
from lethe.shredding.trust import LocalTrust

NAME = "deployment-1"
SUSPENDED = {
    "suspension_id": "s-1",
    "ground": "copy-open",
    "reason": "nobody could say",
    "since": "2026-01-01T00:00:00.000Z",
}


class Service:
    """Answers as alert does."""

    def __init__(self, trust: LocalTrust) -> None:
        self.book: OrderBook = book_with(trust, an_order())
        self.suspended: dict[str, str] | None = SUSPENDED
        self.blind: str | None = None
        self.taken: list[DeploymentOrdered] = []

    def deployment(self) -> dict[str, Any]:
        return {
            "deployment_id": NAME,
            "order_type": "local",
            "status": "suspended" if self.suspended else "running",
            "watchlist_size": 2,
            "threshold": 0.6,
            "suspended": self.suspended,
        }

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            body = b64decode(json.loads(request.content)["ordered"])
            self.taken.append(DeploymentOrdered.decode(body))
            return httpx.Response(202, json={"deployment_id": NAME})
        if request.url.path == "/api/v1/status":
            content = {
                "deployments": [self.deployment()],
                "cameras": [{"camera_id": "gate", "deployment_id": NAME, "state": "assigned"}],
                "blind": self.blind,
                "key_promise": "memory",
            }
            return httpx.Response(200, json=content)
        held = self.book.by_deployment(NAME)
        assert held is not None
        order = b64encode(held.signed.encode()).decode()
        state = b64encode(held.signed_state.encode()).decode()
        return httpx.Response(200, json=self.deployment() | {"order": order, "state": state})


@pytest.fixture(scope="module", name="trust")
def trust_(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture(name="service")
def service_(trust: LocalTrust, monkeypatch: pytest.MonkeyPatch) -> Service:
    played = Service(trust)
    transport = httpx.MockTransport(played.answer)
    monkeypatch.setattr(resuming, "AlertApi", lambda url, token: AlertApi(url, token, transport))
    return played


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(lethe, arguments, input=answer)


def status(trust: LocalTrust, *options: str) -> Result:
    return run("status", "--trust", str(trust.folder), *options)


def resume(trust: LocalTrust, *options: str, answer: str = "") -> Result:
    return run("resume", NAME, "--trust", str(trust.folder), *options, answer=answer)


@pytest.mark.usefixtures("service")
def test_a_suspended_deployment_is_told_with_what_to_do(trust: LocalTrust) -> None:
    told = status(trust)
    assert told.exit_code == 1
    assert f"nobody could say (s-1); when that is understood: lethe resume {NAME}" in told.output
    assert json.loads(status(trust, "--json").output)["deployments"][0]["status"] == "suspended"


def test_a_running_one_ends_with_0_and_a_blind_system_with_1(
    service: Service, trust: LocalTrust
) -> None:
    service.suspended = None
    told = status(trust)
    assert (told.exit_code, told.output.splitlines()) == (
        0,
        [
            f"{NAME} (local): running",
            "  gate: assigned",
            "what is left of destroyed keys: nothing, they lay in memory only",
        ],
    )
    service.blind = "no match"
    told = status(trust)
    assert told.exit_code == 1
    assert "no searches take place: no match" in told.output


def test_the_officer_lifts_the_suspension_that_was_shown(
    service: Service, trust: LocalTrust
) -> None:
    assert resume(trust, answer="y\n").exit_code == 0
    [ordered] = service.taken
    held = service.book.hear(ordered, WALL_US)
    assert held.serial == 2
    assert service.book.lifts(NAME, "s-1")


def test_whoever_signs_is_named_and_their_key_used(
    service: Service, trust: LocalTrust, tmp_path: Path
) -> None:
    key = tmp_path / "usb.key"
    key.write_bytes(trust.key_file("officer").read_bytes())
    assert resume(trust, "--yes", "--key", str(key)).exit_code == 0
    assert service.taken[0].state.signer == "officer"
    assert resume(trust, "--yes", "--as", "drafter").exit_code == 0
    with pytest.raises(Refused):
        service.book.hear(service.taken[1], WALL_US)


def test_nothing_is_lifted_without_a_yes(service: Service, trust: LocalTrust) -> None:
    assert resume(trust, answer="n\n").exit_code == 1
    assert service.taken == []


def test_what_is_not_suspended_is_not_resumed(service: Service, trust: LocalTrust) -> None:
    service.suspended = None
    told = resume(trust, "--yes")
    assert str(told.exception) == f"{NAME} isn't suspended; it is running"
    assert service.taken == []


def test_a_folder_without_trust_is_named(service: Service, tmp_path: Path) -> None:
    told = run("resume", NAME, "--trust", str(tmp_path), "--yes")
    assert told.exception is not None
    assert service.taken == []
