"""`lethe watchlist withdraw`: an officer signs who isn't searched for any more."""

import json
import time
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from tests.support.forgetting import an_order, signed, signer_of

from lethe.cli.__main__ import lethe
from lethe.cli.session.api import AlertApi
from lethe.cli.watchlist import withdrawing
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import DeploymentOrdered, OrderState, OrderStatus
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.authorising import sign_state
from lethe.shredding.orders import HeldOrder, OrderBook
from lethe.shredding.roster import create_local_trust
from lethe.shredding.trust import LocalTrust, load_local_trust

NAME = "deployment-1"
PEOPLE = {"A-1": "Ada Lovelace", "A-2": "Grace Hopper", "A-3": "Mary Shelley"}


class Service:
    """Answers as alert does, with a watchlist of three, and verifies what it is handed."""

    def __init__(self, trust: LocalTrust) -> None:
        self.book = OrderBook(trust.roster())
        now_us = time.time_ns() // 1000
        order = an_order(starts_at_us=now_us, ends_at_us=now_us + 3_600_000_000)
        self.hear(signed(trust, order))
        self.answered = order.deployment_id
        self.reasons: list[str] = []

    @property
    def held(self) -> HeldOrder:
        [held] = self.book.all_orders()
        return held

    def hear(self, ordered: DeploymentOrdered) -> None:
        self.book.hear(ordered, time.time_ns() // 1000)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/subjects"):
            return httpx.Response(200, json=self._subjects())
        if request.method == "POST":
            assert path == f"/api/v1/deployments/{NAME}/withdrawals"
            self.reasons.append(request.headers["Lethe-Reason"])
            state = SignedEnvelope.decode(b64decode(json.loads(request.content)["state"]))
            self.hear(DeploymentOrdered(order=self.held.signed, state=state))
            return httpx.Response(200, json={"withdrawn": []})
        return httpx.Response(200, json=self._deployment())

    def _deployment(self) -> dict[str, Any]:
        return {
            "deployment_id": self.answered,
            "order_type": "local",
            "status": "running",
            "watchlist_size": 3,
            "threshold": 0.6,
            "order": b64encode(self.held.signed.encode()).decode(),
            "state": b64encode(self.held.signed_state.encode()).decode(),
        }

    def _subjects(self) -> dict[str, Any]:
        people = [
            {"subject_id": f"id-{number}", "revision": 1, "reference_number": number,
             "name": name, "category": "wanted on warrant"}
            for number, name in PEOPLE.items()
        ]  # fmt: skip
        return {"subjects": people, "next": None}


@pytest.fixture(name="trust", scope="module")
def trust_(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    folder = tmp_path_factory.mktemp("trust")
    create_local_trust(folder, wall_us=time.time_ns() // 1000)
    return load_local_trust(folder)


@pytest.fixture(name="service")
def service_(trust: LocalTrust, monkeypatch: pytest.MonkeyPatch) -> Service:
    played = Service(trust)
    transport = httpx.MockTransport(played.answer)
    monkeypatch.setattr(withdrawing, "AlertApi", lambda url, token: AlertApi(url, token, transport))
    return played


def withdraw(trust: LocalTrust, *words: str, answer: str = "y\n", why: str = "found") -> Result:
    given = ["watchlist", "withdraw", NAME, *words, "--why", why, "--trust", str(trust.folder)]
    return CliRunner().invoke(lethe, given, input=answer)


def test_an_officer_sees_whom_and_signs(service: Service, trust: LocalTrust) -> None:
    told = withdraw(trust, "a-2", "A-3")
    assert told.exit_code == 0, told.output
    assert "A-2: Grace Hopper, wanted on warrant\nA-3: Mary Shelley" in told.output
    assert "Ada" not in told.output
    assert f"{NAME} searches for 2 subjects less" in told.output
    assert service.held.withdrawn == {"id-A-2", "id-A-3"}
    assert (service.held.signed_state.signer, service.reasons) == ("officer", ["found"])


def test_whoever_was_withdrawn_before_stays_so(service: Service, trust: LocalTrust) -> None:
    assert withdraw(trust, "A-2").exit_code == 0
    assert withdraw(trust, "A-1", why="listed in error").exit_code == 0
    assert service.held.withdrawn == {"id-A-1", "id-A-2"}
    assert service.reasons == ["found", "listed in error"]


def test_whoever_is_gone_already_is_told_and_the_others_are_withdrawn(
    service: Service, trust: LocalTrust
) -> None:
    assert withdraw(trust, "A-2").exit_code == 0
    told = withdraw(trust, "A-1", "a-2", "A-3", "a-1", why="listed in error")
    assert told.exit_code == 0, told.output
    assert "A-2: withdrawn already\nA-1: Ada Lovelace, wanted on warrant\nA-3: Mary" in told.output
    assert f"{NAME} searches for 2 subjects less; 1 subject was withdrawn already" in told.output
    assert service.held.withdrawn == {"id-A-1", "id-A-2", "id-A-3"}


def test_if_everybody_is_gone_already_nothing_is_asked_or_signed(
    service: Service, trust: LocalTrust
) -> None:
    assert withdraw(trust, "A-1", "A-2").exit_code == 0
    told = withdraw(trust, "A-1", "A-2", answer="")
    assert told.exit_code == 0, told.output
    assert "for good" not in told.output
    said = f"{NAME} searches for as many subjects as before; 2 subjects were withdrawn already"
    assert said in told.output
    assert service.reasons == ["found"]


def test_nothing_is_signed_without_a_yes(service: Service, trust: LocalTrust) -> None:
    assert withdraw(trust, "A-2", answer="n\n").exit_code == 1
    assert (service.held.withdrawn, service.reasons) == (frozenset(), [])


def test_whoever_is_not_listed_is_named(service: Service, trust: LocalTrust) -> None:
    told = withdraw(trust, "A-2", "B-9")
    assert str(told.exception) == "B-9 isn't on watchlist-1"
    assert service.reasons == []


@pytest.mark.parametrize("why", ["", "  ", "x" * 201, "gefunden, größer", "found\nand more"])
def test_a_reason_fits_a_header(service: Service, trust: LocalTrust, why: str) -> None:
    assert withdraw(trust, "A-2", why=why).exit_code == 2
    assert service.reasons == []


def test_a_deployment_that_has_ended_searches_for_nobody(
    service: Service, trust: LocalTrust
) -> None:
    alert = signer_of(trust, "alert")
    service.hear(sign_state(service.held.signed, alert, status=OrderStatus.ENDED, serial=2))
    told = withdraw(trust, "A-2")
    assert str(told.exception) == f"{NAME} has ended: nobody is searched for"


def test_nothing_is_taken_on_alerts_word(service: Service, trust: LocalTrust) -> None:
    """An alert that invents whom others withdrew would have an officer sign for it."""
    genuine = service.held.signed_state
    said = OrderState.decode(genuine.payload)
    invented = said.model_copy(update={"withdrawn": ["id-A-1"], "serial": 2})
    by_alert = signer_of(trust, "alert").sign("lethe order state", invented.encode())
    for wrong in (by_alert, genuine.model_copy(update={"signature": bytes(64)})):
        [held] = service.book.all_orders()
        object.__setattr__(held, "signed_state", wrong)
        told = withdraw(trust, "A-2")
        assert isinstance(told.exception, InvalidInput)
        assert "it doesn't hold" in str(told.exception)
    assert service.reasons == []


def test_the_order_of_another_deployment_is_not_signed(service: Service, trust: LocalTrust) -> None:
    service.answered = "deployment-2"
    told = withdraw(trust, "A-2")
    assert str(told.exception) == f"alert answered with another order: {NAME}"


def test_any_key_signs(service: Service, trust: LocalTrust, tmp_path: Path) -> None:
    key = tmp_path / "usb.key"
    key.write_bytes(trust.key_file("officer").read_bytes())
    assert withdraw(trust, "A-2", "--yes", "--key", str(key), answer="").exit_code == 0
    assert service.held.withdrawn == {"id-A-2"}
