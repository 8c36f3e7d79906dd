import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.alert_web import AlertWeb, alert_web
from tests.support.watchlists import listed, outcome

from lethe.alert.web.bodies import MAX_IMAGE_BYTES

IMAGE = b"\xff\xd8\xff a portrait"
LIST = "/api/v1/watchlists/list"
REFERENCES = f"{LIST}/references"
WHO = {"subject_id": "s-1"}
"""For what is refused before it is looked at."""


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path) as web:
        yield web


@pytest.fixture
async def client(web: AlertWeb) -> AsyncIterator[httpx.AsyncClient]:
    async with web.client() as client:
        await listed(web.watchlists)
        yield client


async def _add(
    client: httpx.AsyncClient, image: bytes = IMAGE, who: dict[str, str] | None = None
) -> httpx.Response:
    if who is None:
        [ada] = (await client.get(f"{LIST}/subjects")).json()["subjects"]
        who = {"subject_id": ada["subject_id"]}
    return await client.post(REFERENCES, data=who, files={"image": ("a.jpg", image)})


async def _state(client: httpx.AsyncClient, after: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(REFERENCES, params={"after": after})).json()[
        "references"
    ]
    return found


async def test_an_image_is_submitted_and_its_outcome_shown(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    added = await _add(client)
    assert added.status_code == 202
    reference_id = added.json()["reference_id"]
    assert web.enroller.submitted == [reference_id]
    assert (await client.get(LIST)).json()["settled"] is False
    assert (await client.get(f"{REFERENCES}/{reference_id}/image")).content == IMAGE

    await web.watchlists.record([outcome(reference_id, "no_face")])

    assert (await client.get(LIST)).json()["settled"] is True
    [told] = await _state(client, added.json()["change"])
    assert told == added.json() | {"state": "rejected", "fault": "no_face", "change": 2}
    assert (await client.delete(f"{REFERENCES}/{reference_id}")).status_code == 204
    assert await _state(client) == []


async def test_an_image_that_was_submitted_is_submitted_again_until_it_is_settled(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    reference_id = (await _add(client)).json()["reference_id"]
    assert (await _add(client)).json()["reference_id"] == reference_id
    assert web.enroller.submitted == [reference_id] * 2
    await web.watchlists.record([outcome(reference_id)])
    assert (await _add(client)).json()["state"] == "enrolled"
    assert web.enroller.submitted == [reference_id] * 2


async def test_an_image_is_of_its_own_watchlist(client: httpx.AsyncClient) -> None:
    reference_id = (await _add(client)).json()["reference_id"]
    await client.post("/api/v1/watchlists", json={"watchlist_id": "other"})
    other = f"/api/v1/watchlists/other/references/{reference_id}"
    assert (await client.get(f"{other}/image")).status_code == 404
    assert (await client.delete(other)).status_code == 404


async def test_an_image_that_may_yet_be_enrolled_is_not_removed(client: httpx.AsyncClient) -> None:
    reference_id = (await _add(client)).json()["reference_id"]
    assert (await client.delete(f"{REFERENCES}/{reference_id}")).status_code == 409


async def test_a_large_image_never_reaches_a_temporary_file(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise AssertionError("an image was spooled to disk")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert (await _add(client, bytes(MAX_IMAGE_BYTES))).status_code == 202


async def test_an_image_above_the_limit_is_refused(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    answer = await _add(client, bytes(MAX_IMAGE_BYTES + 1))
    assert answer.status_code == 413
    assert web.enroller.submitted == []


async def test_a_body_that_does_not_end_is_refused_while_it_streams(
    client: httpx.AsyncClient,
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield (b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n')
        while sent < 4 * MAX_IMAGE_BYTES:
            sent += 1024 * 1024
            yield bytes(1024 * 1024)

    answer = await client.post(
        REFERENCES,
        content=endless(),
        headers={"content-type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 413
    assert sent < 2 * MAX_IMAGE_BYTES


@pytest.mark.parametrize(
    ("who", "status"),
    [({}, 400), ({"subject_id": " "}, 400), ({"subject_id": "s" * 201}, 400),
     ({"subject_id": "nobody"}, 404)],
    ids=["none", "blank", "long", "unknown"],
)  # fmt: skip
async def test_an_image_needs_a_subject(
    web: AlertWeb, client: httpx.AsyncClient, who: dict[str, str], status: int
) -> None:
    answer = await _add(client, who=who)
    assert answer.status_code == status
    assert "subject" in answer.json()["detail"]
    assert web.enroller.submitted == []


@pytest.mark.parametrize(
    ("request_parts", "status"),
    [
        ({"json": {}}, 415),
        ({"files": {"image": ("a.jpg", b"")}, "data": WHO}, 400),
        ({"files": {"other": ("a.jpg", IMAGE)}, "data": WHO}, 400),
        ({"files": [("image", ("a", IMAGE)), ("image", ("b", IMAGE))], "data": WHO}, 400),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=b"}}, 400),
    ],
    ids=["json", "empty", "no image", "two images", "no boundary", "garbage"],
)
async def test_a_form_that_is_none_is_refused_with_a_reason(
    client: httpx.AsyncClient, request_parts: dict[str, Any], status: int
) -> None:
    answer = await client.post(REFERENCES, **request_parts)
    assert answer.status_code == status
    assert answer.json()["detail"]
