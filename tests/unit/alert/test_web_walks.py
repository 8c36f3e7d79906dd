"""Walk-throughs over HTTP: who may conduct one, and what is kept of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.support.alert_web import AlertWeb, alert_web
from tests.support.forgetting import an_order, local_trust, signed
from tests.support.page_desk import present
from tests.support.walks import (
    NAME,
    passes,
    receipt_of_alerts,
    receipt_of_frames,
    show_cameras,
    volunteer,
)

from lethe.alert.identity.principal import Role
from lethe.alert.ports import SignedState
from lethe.alert.watchlists.reference import Reference

PATH = f"/api/v1/deployments/{NAME}/walk-through"
FRAME = f"{PATH}/cameras/entrance"


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path, now=present) as web:
        show_cameras(web, "live", "silent")
        yield web


@pytest.fixture
async def who(web: AlertWeb) -> Reference:
    return await volunteer(web)


@pytest.fixture
async def supervisor(web: AlertWeb) -> AsyncIterator[httpx.AsyncClient]:
    async with web.client(web.issuer.token(Role.SUPERVISOR, sub="Sue")) as client:
        yield client


async def test_a_walk_through_is_conducted_and_recorded(
    web: AlertWeb, who: Reference, supervisor: httpx.AsyncClient, tmp_path: Path
) -> None:
    before = (await supervisor.get(PATH)).json()
    assert (before["begun_at"], before["volunteers"], before["is_over"]) == (None, 1, False)
    assert (await supervisor.post(PATH, json={"agreed": True})).status_code == 200
    await supervisor.put(FRAME, json={"framed": True})
    alert = await passes(web, who, "a")
    async with web.client(web.issuer.token(Role.ENGAGEMENT_OFFICER, sub="Ames")) as officer:
        shown = (await officer.post(f"/api/v1/alerts/{alert.alert_id}/claim")).json()
    assert shown["rehearsal"] is True
    told = (await supervisor.post(f"{PATH}/erasure")).json()
    assert told["deletion"] | {"as_of": None} == {
        "alerts": 1,
        "erased": 1,
        "receipted": 0,
        "as_of": None,
        "oldest_ms": None,
        "is_confirmed": False,
    }
    await receipt_of_alerts(web)
    receipt_of_frames(web)
    told = (await supervisor.post(f"{PATH}/conclusion")).json()
    assert told["is_over"]
    entrance, yard = told["cameras"]
    assert entrance | {"alerted_at": None, "latency_ms": None} == {
        "camera_id": "entrance",
        "state": "live",
        "trouble": None,
        "has_pictures": True,
        "framed_by": "Sue",
        "alert_id": alert.alert_id,
        "alerted_at": None,
        "latency_ms": None,
        "is_in_time": True,
        "shown_to": "Ames",
        "lack": None,
    }
    assert (yard["has_pictures"], yard["lack"]) == (False, "no-pictures")
    await check_the_audit_log(web, alert.alert_id)
    await check_the_record(web, supervisor, tmp_path)


async def check_the_audit_log(web: AlertWeb, alert_id: str) -> None:
    entries = [entry.said() for entry in await web.audit.after(0, 1_000)]
    assert [(each["records"], each["why"]) for each in entries if each["who"] == "Sue"] == [
        (["deployment:deployment-1"], "a walk-through began: the volunteer had agreed to it"),
        (
            ["deployment:deployment-1", "camera:entrance"],
            "what a camera sees was found right in a walk-through",
        ),
        (["deployment:deployment-1"], "the time of alerts about volunteers was ended"),
        ([f"alert:{alert_id}"], "retention ended"),
        (
            ["deployment:deployment-1", "camera:entrance"],
            "a walk-through was concluded: passed",
        ),
        (
            ["deployment:deployment-1", "camera:yard"],
            "a walk-through was concluded: no pictures came",
        ),
    ]


async def check_the_record(web: AlertWeb, supervisor: httpx.AsyncClient, folder: Path) -> None:
    [stands] = web.status.now.deployments
    ordered = signed(local_trust(folder / "trust"), an_order())
    web.status.orders[NAME] = SignedState(stands, ordered.order, ordered.state, 1)
    record = (await supervisor.get(f"/api/v1/deployments/{NAME}/record")).json()
    assert [(each["what"], each["by"], each["cameras"]) for each in record["steps"]] == [
        ("walk-through begun", "Sue", []),
        ("walk-through: passed", "Sue", ["entrance"]),
        ("walk-through: no pictures came", "Sue", ["yard"]),
    ]
    assert record["alerts"] == {
        "raised": 0,
        "true": 0,
        "false": 0,
        "unadjudicated": 0,
        "rehearsals": 1,
    }


@pytest.mark.parametrize(
    "body", [{}, {"agreed": False}, {"agreed": "yes"}, {"agreed": True, "x": 1}]
)
@pytest.mark.usefixtures("who")
async def test_nobody_walks_who_hasnt_agreed(
    supervisor: httpx.AsyncClient, body: dict[str, object]
) -> None:
    assert (await supervisor.post(PATH, json=body)).status_code == 400
    assert (await supervisor.get(PATH)).json()["begun_at"] is None


async def test_why_one_cant_begin_is_said(supervisor: httpx.AsyncClient) -> None:
    answer = await supervisor.post(PATH, json={"agreed": True})
    assert (answer.status_code, "no volunteer" in answer.json()["detail"]) == (409, True)


async def test_a_deployment_beyond_somebodys_limits_isnt_there(web: AlertWeb) -> None:
    async with web.client(web.issuer.token(Role.SUPERVISOR, areas=["south"])) as client:
        for answer in (
            await client.get(PATH),
            await client.post(PATH, json={"agreed": True}),
            await client.post(f"{PATH}/erasure"),
            await client.post(f"{PATH}/conclusion"),
            await client.put(FRAME, json={"framed": True}),
        ):
            assert answer.status_code == 404
