"""Over HTTP: an order that can't be isn't drafted, and is told by field."""

from typing import Any

import httpx
import pytest
from tests.support.alert_web import AlertWeb
from tests.support.watchlists import listed
from tests.support.written_drafts import BODY, DRAFTS, GATE, words


@pytest.fixture(autouse=True)
async def _list(web: AlertWeb) -> None:
    await listed(web.watchlists, on="list")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"ends_at": "2026-12-01T09:00:00Z"}, "ends before it starts"),
        ({"starts_at": "2019-12-01T10:00:00Z"}, "starts before 2020"),
        ({"starts_at": "2026-12-01T10:00:00"}, "order.starts_at"),
        ({"starts_at": "1969-12-31T10:00:00Z"}, "order.starts_at: it is before 1970"),
        ({"ends_at": "2027-12-01T10:00:00Z"}, "744 h at most"),
        ({"threshold": 1.5}, "order.threshold"),
        ({"grounds": " "}, "order.grounds"),
        ({"deployment_id": "../x"}, "order.deployment_id"),
        ({"officer": "Bob"}, "order.officer"),
    ],
)
async def test_an_order_that_cannot_be_is_refused_by_field(
    client: httpx.AsyncClient, changed: dict[str, Any], why: str
) -> None:
    answer = await client.post(DRAFTS, json=words(**changed))
    assert answer.status_code == 400
    assert why in answer.json()["detail"]
    assert (await client.get(DRAFTS)).json()["drafts"] == []


@pytest.mark.parametrize(
    ("cameras", "why"),
    [
        ([], "cameras"),
        ([GATE, GATE], "names a camera twice"),
        ([GATE | {"camera_id": "enrolment"}], "reserved name"),
        ([GATE | {"mask": []}], "cameras.0.mask"),
        ([GATE | {"source": "rtsp://admin:hunter2@gate/"}], "as the camera's secret"),
        ([GATE | {"max_fps": 0}], "cameras.0.max_fps"),
    ],
)
async def test_a_camera_that_cannot_be_is_refused_and_no_password_is_repeated(
    client: httpx.AsyncClient, cameras: list[dict[str, Any]], why: str
) -> None:
    answer = await client.post(DRAFTS, json=BODY | {"cameras": cameras})
    assert answer.status_code == 400
    assert why in answer.json()["detail"]
    assert "hunter2" not in answer.text
