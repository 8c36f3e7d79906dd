"""Withdrawals over HTTP: of subjects of the watchlist only, and each in the audit log."""

from base64 import b64decode, b64encode
from typing import Any

import httpx
import pytest
from tests.support.alert_ports import FakeDeployments
from tests.support.alert_web import AlertWeb
from tests.support.watchlists import listed

from lethe.alert.audit import of_deployments
from lethe.alert.audit.deeds import MOST_RECORDS, Deed
from lethe.alert.identity.principal import Role
from lethe.alert.ports import Withdrawal
from lethe.alert.watchlists.withdrawing import WithdrawalDesk
from lethe.contracts.errors import Refused, Transient
from lethe.contracts.orders import OrderState, OrderStatus
from lethe.contracts.sealed import SignedEnvelope

PATH = "/api/v1/deployments/deployment-1/withdrawals"


def body(*subjects: str) -> dict[str, Any]:
    state = OrderState(
        deployment_id="deployment-1",
        order_hash="ab" * 32,
        status=OrderStatus.RUNNING,
        serial=2,
        withdrawn=list(subjects),
    )
    envelope = SignedEnvelope(signer="officer", payload=state.encode(), signature=bytes(64))
    return {"state": b64encode(envelope.encode()).decode()}


async def entries(web: AlertWeb) -> list[dict[str, Any]]:
    said = [entry.said() for entry in await web.audit.after(0, 999)]
    return [entry for entry in said if entry["why"] == of_deployments.WITHDRAWN]


async def test_whom_an_officer_withdraws_stands_in_the_audit_log(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    people = [await listed(web.watchlists, name, on="watchlist-1") for name in ("Ada", "Grace")]
    answer = await client.post(PATH, json=body(*people), headers={"Lethe-Reason": "found"})
    assert (answer.status_code, answer.json()) == (200, {"withdrawn": people})
    [withdrawal] = web.deployments.withdrawals
    assert tuple(withdrawal.subject_ids) == tuple(people)
    [entry] = await entries(web)
    assert entry["records"] == ["deployment:deployment-1", "watchlist:watchlist-1",
                                *(f"subject:{each}" for each in people)]  # fmt: skip
    assert (entry["act"], entry["who"]) == ("alteration", "Ames")


class _NoLog:
    """An audit log whose database is away."""

    async def append(self, *deeds: Deed) -> None:
        raise Transient(f"{len(deeds)} deeds can't be kept now")


class _NobodyTold(FakeDeployments):
    async def withdraw(self, withdrawal: Withdrawal) -> None:
        raise Transient(f"the broker is away: {withdrawal.deployment_id}")


async def test_what_cannot_be_written_down_is_not_passed_on(web: AlertWeb) -> None:
    state = SignedEnvelope.decode(
        b64decode(body(await listed(web.watchlists, on="watchlist-1"))["state"])
    )
    desk = WithdrawalDesk(web.deployments, web.watchlists.subjects, _NoLog())
    with pytest.raises(Transient):
        await desk.withdraw("deployment-1", state)
    assert web.deployments.withdrawals == []


async def test_what_may_have_been_passed_on_is_written_down(web: AlertWeb) -> None:
    known = await listed(web.watchlists, on="watchlist-1")
    web.deployments = _NobodyTold()
    async with web.client() as client:
        answer = await client.post(PATH, json=body(known), headers={"Lethe-Reason": "found"})
    assert answer.status_code == 503
    [entry] = await entries(web)
    assert entry["records"][2:] == [f"subject:{known}"]


async def test_many_are_told_in_as_many_entries_as_it_takes(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    people = [await listed(web.watchlists, f"No. {n}", on="watchlist-1") for n in range(60)]
    assert (await client.post(PATH, json=body(*people))).status_code == 200
    told = [entry["records"] for entry in await entries(web)]
    assert [len(records) for records in told] == [MOST_RECORDS, 60 - (MOST_RECORDS - 2) + 2]
    assert [r for records in told for r in records[2:]] == [f"subject:{each}" for each in people]


async def test_whoever_is_not_on_its_watchlist_is_not_withdrawn(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    known = await listed(web.watchlists, on="watchlist-1")
    elsewhere = await listed(web.watchlists, on="watchlist-2")
    answer = await client.post(PATH, json=body(known, elsewhere))
    assert answer.status_code == 404
    assert (web.deployments.withdrawals, await entries(web)) == ([], [])


@pytest.mark.parametrize("wrong", [{}, {"state": "§§"}, {"state": "AAAA"}, {"state": None}])
async def test_a_body_that_is_no_state_is_refused(
    web: AlertWeb, client: httpx.AsyncClient, wrong: dict[str, Any]
) -> None:
    assert (await client.post(PATH, json=wrong)).status_code == 400
    assert web.deployments.withdrawals == []


async def test_what_does_not_hold_or_is_beyond_somebodys_limits_is_refused(web: AlertWeb) -> None:
    known = await listed(web.watchlists, on="watchlist-1")
    token = web.issuer.token(Role.AUTHORISING_OFFICER, areas=["south"])
    async with web.client(token) as client:
        assert (await client.post(PATH, json=body(known))).status_code == 404
    web.deployments.refusal = Refused("it brings back somebody who was withdrawn")
    async with web.client() as client:
        answer = await client.post(PATH, json=body(known))
    assert (answer.status_code, answer.json()["detail"]) == (
        403,
        "it brings back somebody who was withdrawn",
    )
    assert (web.deployments.withdrawals, await entries(web)) == ([], [])
