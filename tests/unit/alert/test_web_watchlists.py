import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.alert_web import AlertWeb, alert_web

from lethe.alert.web.bodies import MAX_IMAGE_BYTES
from lethe.contracts.enrolment import EnrolmentOutcome, ReferenceEnrolled

IMAGE = b"\xff\xd8\xff a portrait"
LIST = "/api/v1/watchlists/list"
REFERENCES = f"{LIST}/references"
WHO = {"name": "Ada Lovelace", "subject_id": "s-1"}


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path) as web:
        yield web


@pytest.fixture
async def client(web: AlertWeb) -> AsyncIterator[httpx.AsyncClient]:
    async with web.client() as client:
        answer = await client.post("/api/v1/watchlists", json={"watchlist_id": "list"})
        assert answer.status_code == 201
        yield client


async def _add(
    client: httpx.AsyncClient, image: bytes = IMAGE, who: dict[str, str] | None = None
) -> httpx.Response:
    return await client.post(
        REFERENCES, data=WHO if who is None else who, files={"image": ("a.jpg", image)}
    )


async def test_an_image_is_submitted_and_its_outcome_shown(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    added = await _add(client)
    assert added.status_code == 202
    reference_id = added.json()["reference_id"]
    (payload,) = web.enroller.submitted
    assert (payload.reference_id, payload.subject_id, payload.image) == (reference_id, "s-1", IMAGE)
    assert (await client.get(LIST)).json()["settled"] is False

    await web.watchlists.record(
        ReferenceEnrolled(
            reference_id=reference_id,
            watchlist_id="list",
            instance_id="match-1",
            outcome=EnrolmentOutcome.REJECTED,
            fault="no_face",
        )
    )

    assert (await client.get(LIST)).json() == {
        "settled": True,
        "references": [
            {
                "reference_id": reference_id,
                "subject_id": "s-1",
                "name": "Ada Lovelace",
                "state": "rejected",
                "fault": "no_face",
                "resembles": None,
            }
        ],
    }
    assert (await client.delete(f"{REFERENCES}/{reference_id}")).status_code == 204
    assert (await client.get(LIST)).json()["references"] == []


async def test_registering_again_is_no_error(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/watchlists", json={"watchlist_id": "list"})
    assert answer.status_code == 200


async def test_what_could_not_be_submitted_is_submitted_when_it_is_sent_again(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    web.enroller.fails = True
    failed = await _add(client)
    assert failed.status_code == 503
    assert failed.headers["retry-after"] == "1"
    web.enroller.fails = False
    assert (await _add(client)).status_code == 202
    assert len(web.enroller.submitted) == 1
    assert len((await client.get(LIST)).json()["references"]) == 1


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
    "who",
    [
        {"subject_id": "s-1"},
        {"name": "Ada"},
        {"name": " ", "subject_id": "s-1"},
        {"name": "A" * 201, "subject_id": "s-1"},
        {"name": "Ada\x1b[2J", "subject_id": "s-1"},
    ],
    ids=["no name", "no subject", "blank name", "long name", "control characters"],
)
async def test_a_reference_needs_a_name_and_a_subject(
    web: AlertWeb, client: httpx.AsyncClient, who: dict[str, str]
) -> None:
    answer = await _add(client, who=who)
    assert answer.status_code == 400
    assert "printable characters" in answer.json()["detail"]
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


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"json": {"watchlist_id": "../etc"}}, 400),
        ({"json": {"watchlist_id": 7}}, 400),
        ({"json": {}}, 400),
        ({"json": []}, 400),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ({"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}, 400),
        (
            {"content": b" " * (1024 * 1024 + 1), "headers": {"content-type": "application/json"}},
            413,
        ),
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 415),
    ],
    ids=["path", "number", "missing", "list", "cut off", "deep", "large", "plain text"],
)
async def test_a_watchlist_id_that_is_none_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any], status: int
) -> None:
    assert (await client.post("/api/v1/watchlists", **body)).status_code == status


async def test_an_unknown_watchlist_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/watchlists/nothing")).status_code == 404
    unknown = await client.post(
        "/api/v1/watchlists/nothing/references", data=WHO, files={"image": IMAGE}
    )
    assert unknown.status_code == 404
    assert "register it first" in unknown.json()["detail"]
