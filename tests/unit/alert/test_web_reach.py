"""Whoever's token is limited to deployments or areas sees those, and nothing of others."""

from typing import Any

import pytest
from tests.support.alert_desk import CROP, candidates_found
from tests.support.alert_web import AlertWeb


@pytest.mark.parametrize(
    "limits",
    [
        {"deployments": ["deployment-2"]},
        {"deployments": []},
        {"deployments": None},
        {"areas": ["south"]},
        {"areas": []},
        {"areas": None},
        {"deployments": ["deployment-1"], "areas": ["south"]},
    ],
)
async def test_a_deployment_beyond_the_limits_of_a_token_is_not_there(
    web: AlertWeb, limits: dict[str, Any]
) -> None:
    alert = await web.desk.receive(candidates_found("search"), CROP)
    assert alert is not None
    async with web.client(web.issuer.token(**limits)) as client:
        assert (await client.get("/api/v1/alerts")).json()["alerts"] == []
        status = (await client.get("/api/v1/status")).json()
        assert (status["deployments"], status["cameras"]) == ([], [])
        assert status["alerts"]["count"] == 0
        for path in (
            f"/api/v1/alerts/{alert.alert_id}",
            f"/api/v1/alerts/{alert.alert_id}/probe",
            f"/api/v1/alerts/{alert.alert_id}/reference",
            f"/api/v1/alerts/{alert.alert_id}/subject",
            "/api/v1/deployments/deployment-1",
            "/api/v1/deployments/deployment-1/ordered",
        ):
            assert (await client.get(path)).status_code == 404
        decision = {"verdict": "false_alert", "confirmed": False}
        path = f"/api/v1/alerts/{alert.alert_id}"
        assert (await client.post(f"{path}/adjudications", json=decision)).status_code == 404
        for act in ("acknowledgement", "claim"):
            assert (await client.post(f"{path}/{act}")).status_code == 404
        assert (await client.delete(f"{path}/claim")).status_code == 404
    assert await web.desk.probe(alert.alert_id) == CROP


@pytest.mark.parametrize(
    "limits", [{"deployments": ["deployment-1"]}, {"areas": ["north"]}, {"areas": ["a", "north"]}]
)
async def test_a_deployment_within_the_limits_of_a_token_is_seen_and_others_are_not(
    web: AlertWeb, limits: dict[str, Any]
) -> None:
    for number, deployment_id in enumerate(("deployment-2", "deployment-1", "deployment-2")):
        found = candidates_found(f"search-{number}", deployment_id=deployment_id)
        await web.desk.receive(found, CROP)
    async with web.client(web.issuer.token(**limits)) as client:
        [alert] = (await client.get("/api/v1/alerts?limit=1")).json()["alerts"]
        assert (alert["sequence"], alert["deployment_id"]) == (2, "deployment-1")
        assert (await client.get(f"/api/v1/alerts/{alert['alert_id']}/probe")).content == CROP
        [deployment] = (await client.get("/api/v1/status")).json()["deployments"]
        assert deployment["deployment_id"] == "deployment-1"


@pytest.mark.parametrize("limits", [{"deployments": ["deployment-1"]}, {"areas": ["north"]}])
async def test_who_is_limited_keeps_no_watchlist_since_those_are_for_all(
    web: AlertWeb, limits: dict[str, Any]
) -> None:
    async with web.client(web.issuer.token(**limits)) as client:
        answer = await client.get("/api/v1/watchlists/list")
    assert answer.status_code == 403
    assert "limited" in answer.json()["detail"]
