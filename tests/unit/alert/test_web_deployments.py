from base64 import b64decode, b64encode
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.support.alert_web import AlertWeb
from tests.support.forgetting import an_order, signed
from tests.support.watchlists import listed

from lethe.alert.identity.principal import Role
from lethe.alert.ports import SignedState, SuspensionStatus
from lethe.alert.watchlists.end import OrderedList
from lethe.contracts.errors import Refused
from lethe.contracts.orders import CameraAssigned, DeploymentOrdered
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.trust import LocalTrust

ENVELOPE = SignedEnvelope(signer="officer", payload=b"order", signature=b"signature")
ORDERED = DeploymentOrdered(order=ENVELOPE, state=ENVELOPE)
CAMERA = CameraAssigned(camera_id="entrance", deployment_id="deployment-1", source="a.mp4")
BODY: dict[str, Any] = {
    "ordered": b64encode(ORDERED.encode()).decode(),
    "cameras": [CAMERA.model_dump(mode="json")],
}


async def test_an_order_is_handed_on_as_it_was_signed(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/api/v1/deployments", json=BODY)
    assert (answer.status_code, answer.json()) == (202, {"deployment_id": "deployment-1"})
    assert web.deployments.orders == [(ORDERED, [CAMERA])]


async def test_an_order_that_does_not_hold_is_refused_with_its_reason(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    web.deployments.refusal = Refused("the order's signature doesn't hold")
    answer = await client.post("/api/v1/deployments", json=BODY)
    assert answer.status_code == 403
    assert answer.json()["detail"] == "the order's signature doesn't hold"


@pytest.mark.parametrize(
    "wrong",
    [
        {"ordered": "§§"},
        {"ordered": b64encode(b"something else").decode()},
        {"ordered": 7},
        {"ordered": None},
        {"cameras": {"camera_id": "rtsp://user:password@host/"}},
        {"cameras": None},
    ],
)
async def test_a_body_that_is_no_order_is_refused_and_not_repeated(
    web: AlertWeb, client: httpx.AsyncClient, wrong: dict[str, Any]
) -> None:
    answer = await client.post("/api/v1/deployments", json=BODY | wrong)
    assert answer.status_code == 400
    assert "password" not in answer.text
    assert web.deployments.orders == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("max_fps", 0), ("max_fps", 1e9), ("max_width", 10**9), ("jpeg_quality", -1)],
)
async def test_a_camera_with_settings_out_of_bounds_is_refused_by_their_name(
    web: AlertWeb, client: httpx.AsyncClient, field: str, value: float
) -> None:
    camera = BODY["cameras"][0] | {field: value}
    answer = await client.post("/api/v1/deployments", json=BODY | {"cameras": [camera]})
    assert answer.status_code == 400
    assert field in answer.json()["detail"]
    assert web.deployments.orders == []


async def test_the_status_tells_deployments_cameras_alerts_and_blindness(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    web.waiting = 2
    web.status.now = replace(web.status.now, blind="the watchlist's store doesn't answer")
    status = (await client.get("/api/v1/status")).json()
    assert status["deployments"][0]["order_type"] == "local"
    assert status["cameras"] == [
        {"camera_id": "entrance", "deployment_id": "deployment-1", "state": "live", "trouble": None}
    ]
    assert status["blind"] == "the watchlist's store doesn't answer"
    assert status["alerts"] == {"count": 0, "last_sequence": 0, "waiting": 2}
    assert (status["clients"], status["key_promise"]) == (0, "memory")


async def test_a_camera_whose_address_holds_a_password_is_refused_with_what_to_do(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    camera = BODY["cameras"][0] | {"source": "rtsp://admin:hunter2@gate/stream"}
    answer = await client.post("/api/v1/deployments", json=BODY | {"cameras": [camera]})
    assert answer.status_code == 400
    assert "name that file as the camera's secret" in answer.json()["detail"]
    assert "hunter2" not in answer.text
    assert web.deployments.orders == []


async def test_an_order_is_given_back_as_it_was_signed_with_why_it_is_suspended(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    [stands] = web.status.now.deployments
    said = SuspensionStatus("s-1", "copy-open", "nobody could say", "2026-01-01T00:00:00.000Z")
    suspended = replace(stands, status="suspended", suspended=said)
    web.status.orders["deployment-1"] = SignedState(suspended, ENVELOPE, ENVELOPE, 3, ["s0"])
    answer = (await client.get("/api/v1/deployments/deployment-1")).json()
    assert (answer["serial"], answer["suspended"]["suspension_id"]) == (3, "s-1")
    assert SignedEnvelope.decode(b64decode(answer["order"])) == ENVELOPE
    assert SignedEnvelope.decode(b64decode(answer["state"])) == ENVELOPE
    assert answer["withdrawn"] == ["s0"]
    unknown = await client.get("/api/v1/deployments/another")
    assert (unknown.status_code, unknown.json()["detail"]) == (
        404,
        "no order of this name was heard here",
    )


async def test_whoever_reads_who_is_withdrawn_stands_in_the_audit_log(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    [stands] = web.status.now.deployments
    for withdrawn in ([], ["s0", "s1"]):
        state = SignedState(stands, ENVELOPE, ENVELOPE, 3, withdrawn)
        web.status.orders["deployment-1"] = state
        assert (await client.get("/api/v1/deployments/deployment-1")).status_code == 200
    # Where nobody is named there is nothing personal to tell of.
    [entry] = [entry.said() for entry in await web.audit.after(0, 9)]
    assert (entry["act"], entry["records"], entry["why"]) == (
        "consultation",
        ["deployment:deployment-1", "subject:s0", "subject:s1"],
        "a deployment was read, with who is withdrawn",
    )


async def test_deployments_are_listed_page_by_page_within_somebodys_limits(web: AlertWeb) -> None:
    [stands] = web.status.now.deployments
    names = [f"deployment-{number}" for number in range(5)]
    web.status.now = replace(
        web.status.now,
        deployments=tuple(replace(stands, deployment_id=name) for name in reversed(names)),
    )
    web.status.areas |= dict.fromkeys(names, "north") | {"deployment-3": "south"}
    read, after, pages = [], "", 0
    async with web.client(web.issuer.token(Role.OPERATOR, areas=["north"])) as client:
        while after is not None:
            behind = f"&after={after}" if after else ""
            told = (await client.get(f"/api/v1/deployments?limit=2{behind}")).json()
            read += [(each["deployment_id"], each["status"]) for each in told["deployments"]]
            after, pages = told["next"], pages + 1
        assert (await client.get("/api/v1/deployments?limit=0")).status_code == 400
    names.remove("deployment-3")
    assert (read, pages) == ([(name, "running") for name in names], 2)


async def test_an_operator_ends_a_deployment_and_that_is_audited(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/api/v1/deployments/deployment-1/end")
    assert (answer.status_code, web.deployments.ended) == (204, [("deployment-1", "Ames")])
    again = await client.post("/api/v1/deployments/deployment-1/end")
    assert again.status_code == 204, "it is over; who asks later didn't end it"
    [entry] = [entry.said() for entry in await web.audit.after(0, 9)]
    assert (entry["records"], entry["why"]) == (
        ["deployment:deployment-1"],
        "a deployment was ended",
    )


async def test_what_a_deployment_searched_is_erased_once_it_is_over(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    path = "/api/v1/deployments/deployment-1/erasure"
    assert (await client.post(path)).status_code == 404
    [stands] = web.status.now.deployments
    web.status.orders["deployment-1"] = SignedState(stands, ENVELOPE, ENVELOPE, 3)
    await listed(web.watchlists, on="watchlist-1")
    ends_us = web.clock.wall_us() + 3_600_000_000
    web.ordered = [OrderedList("watchlist-1", "deployment-1", ends_us, None)]
    answer = await client.post(path)
    assert (answer.status_code, "end that deployment first" in answer.text) == (409, True)
    assert (await web.watchlists.versions.find("watchlist-1")).details is not None
    web.ordered = [OrderedList("watchlist-1", "deployment-1", ends_us, web.clock.wall_us())]
    for _ in range(2):
        assert (await client.post(path)).status_code == 204
    assert (await web.watchlists.versions.find("watchlist-1")).details is None


async def test_a_deployment_beyond_somebodys_limits_is_not_theirs_to_end(web: AlertWeb) -> None:
    token = web.issuer.token(Role.OPERATOR, areas=["south"])
    async with web.client(token) as client:
        answer = await client.post("/api/v1/deployments/deployment-1/end")
    assert (answer.status_code, web.deployments.ended) == (404, [])


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        ({"areas": ["south"]}, 403),
        ({"deployments": ["deployment-2"]}, 403),
        ({"areas": ["north"]}, 202),
        ({"deployments": ["deployment-1"]}, 202),
    ],
)
async def test_an_order_beyond_somebodys_limits_is_not_theirs_to_hand_in(
    web: AlertWeb, trust: LocalTrust, limits: dict[str, list[str]], status: int
) -> None:
    ordered = signed(trust, an_order(area="north"))
    body = {"ordered": b64encode(ordered.encode()).decode(), "cameras": []}
    async with web.client(web.issuer.token(Role.AUTHORISING_OFFICER, **limits)) as client:
        answer = await client.post("/api/v1/deployments", json=body)
    assert answer.status_code == status
    assert len(web.deployments.orders) == (1 if status == 202 else 0)
