from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.support.alert_web import AlertWeb
from tests.support.entries import enter
from tests.support.watchlists import listed, outcome

IMAGE = b"\xff\xd8\xff a portrait"
LIST = "/api/v1/watchlists/list"
REFERENCES = f"{LIST}/references"


@pytest.fixture
async def client(web: AlertWeb) -> AsyncIterator[httpx.AsyncClient]:
    async with web.client() as client:
        await listed(web.watchlists)
        yield client


async def _add(client: httpx.AsyncClient, image: bytes = IMAGE) -> dict[str, Any]:
    [ada] = (await client.get(f"{LIST}/subjects")).json()["subjects"]
    entry = {"subject_id": ada["subject_id"], "images": ["a"]}
    [told] = await enter(client, LIST, entry, images={"a": image})
    [added] = told["images"]
    assert isinstance(added, dict)
    return added


async def _state(client: httpx.AsyncClient, after: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(REFERENCES, params={"after": after})).json()[
        "references"
    ]
    return found


async def test_an_image_is_submitted_and_its_outcome_shown(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    added = await _add(client)
    reference_id = added["reference_id"]
    assert web.enroller.submitted == [reference_id]
    assert (await client.get(LIST)).json()["settled"] is False
    assert (await client.get(f"{REFERENCES}/{reference_id}/image")).content == IMAGE

    await web.watchlists.record([outcome(reference_id, "no_face")])

    assert (await client.get(LIST)).json()["settled"] is True
    [told] = await _state(client, added["change"])
    assert told == added | {"state": "rejected", "fault": "no_face", "change": 2}
    assert (await client.delete(f"{REFERENCES}/{reference_id}")).status_code == 204
    assert await _state(client) == []


async def test_an_image_that_was_submitted_is_submitted_again_until_it_is_settled(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    reference_id = (await _add(client))["reference_id"]
    assert (await _add(client))["reference_id"] == reference_id
    assert web.enroller.submitted == [reference_id] * 2
    await web.watchlists.record([outcome(reference_id)])
    assert (await _add(client))["state"] == "enrolled"
    assert web.enroller.submitted == [reference_id] * 2


async def test_an_image_is_of_its_own_watchlist(client: httpx.AsyncClient) -> None:
    reference_id = (await _add(client))["reference_id"]
    await client.post("/api/v1/watchlists", json={"watchlist_id": "other"})
    other = f"/api/v1/watchlists/other/references/{reference_id}"
    assert (await client.get(f"{other}/image")).status_code == 404
    assert (await client.delete(other)).status_code == 404


async def test_an_image_that_may_yet_be_enrolled_is_not_removed(client: httpx.AsyncClient) -> None:
    reference_id = (await _add(client))["reference_id"]
    assert (await client.delete(f"{REFERENCES}/{reference_id}")).status_code == 409
