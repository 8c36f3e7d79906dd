"""Figures of deployments over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.alert_desk import CROP, candidates_found
from tests.support.alert_web import AlertWeb, alert_web
from tests.unit.alert.test_figures import START_MS, minute, slot

from lethe.alert.identity.principal import Role
from lethe.alert.ports import CameraStatus
from lethe.alert.web.views import utc


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path) as web:
        now = web.status.now
        down = CameraStatus("gate", "deployment-1", "silent", "no answer")
        web.status.now = replace(now, cameras=(*now.cameras, down))
        yield web


async def test_a_deployment_is_told_in_figures(web: AlertWeb) -> None:
    await web.desk.receive(candidates_found("search"), CROP)
    web.figures.take(
        [
            slot(1, 180, of="deployment-1", captured=4, expired=1, dropped=2).line(),
            minute(2, slots=300, faces=12, of="deployment-1").line(),
        ]
    )
    async with web.client() as client:
        answer = await client.get("/api/v1/figures")
    assert answer.json() == {
        "window_s": 600,
        "deployments": [
            {
                "deployment_id": "deployment-1",
                "as_of": utc((START_MS + 2) / 1_000),
                "faces_per_minute": 12,
                "slots": 1,
                "captured": 4,
                "dropped": 2,
                "expired": 1,
                "erasure_age_ms": {"p50": 180, "p99_9": 180, "max": 180},
                "alerts": {"open": 1, "true": 0, "false": 0, "unresolved": 0, "rehearsals": 0},
                "cameras": 2,
                "cameras_live": 1,
            }
        ],
    }


async def test_alerts_are_counted_once_for_all_who_ask_within_a_second(web: AlertWeb) -> None:
    async with web.client() as client:

        async def count() -> int:
            told = (await client.get("/api/v1/figures")).json()["deployments"]
            return int(told[0]["alerts"]["open"])

        assert await count() == 0
        await web.desk.receive(candidates_found("search"), CROP)
        assert await count() == 0
        web.clock.ms += 1_001
        assert await count() == 1


@pytest.mark.parametrize(
    ("roles", "limits", "expected"),
    [
        ((Role.ENGAGEMENT_OFFICER,), {}, 403),
        ((Role.OPERATOR,), {}, ["deployment-1"]),
        ((Role.SUPERVISOR,), {"deployments": ["another"]}, []),
    ],
)
async def test_figures_are_for_whoever_answers_for_a_deployment_within_their_limits(
    web: AlertWeb, roles: tuple[Role, ...], limits: dict[str, list[str]], expected: object
) -> None:
    async with web.client(web.issuer.token(*roles, **limits)) as client:
        answer = await client.get("/api/v1/figures")
    shown = answer.json().get("deployments", [])
    names = [each["deployment_id"] for each in shown]
    assert (answer.status_code if answer.status_code != 200 else names) == expected
