"""People and their images over HTTP: as many at once as a request holds, each by itself."""

import asyncio
import gc
import json
import tempfile
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.support.alert_web import AlertWeb
from tests.support.entries import enter, form_of
from tests.support.watchlists import details, listed

from lethe.alert.errors import Conflict, DatabaseUnavailable
from lethe.alert.watchlists.entries import SqlEntryStore
from lethe.alert.watchlists.entry import Entry
from lethe.alert.web import bodies
from lethe.alert.web.bodies import MAX_FORM_BYTES, MAX_IMAGE_BYTES
from lethe.alert.web.entries import MOST_ENTRIES, MOST_IMAGES

IMAGE = b"\xff\xd8\xff a portrait"
LIST = "/api/v1/watchlists/list"
ENTRIES = f"{LIST}/entries"


@pytest.fixture
async def client(web: AlertWeb) -> AsyncIterator[httpx.AsyncClient]:
    async with web.client() as client:
        await client.post("/api/v1/watchlists", json={"watchlist_id": "list"})
        yield client


def somebody(name: str, *images: str, **others: Any) -> dict[str, Any]:
    return {"details": details(name, **others).model_dump(mode="json"), "images": images}


async def test_several_people_are_listed_and_their_images_submitted(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    images = {name: IMAGE + name.encode() for name in ("a", "b", "c")}
    people = somebody("Ada", "a", "b"), somebody("Grace", "c")
    told = await enter(client, LIST, *people, images=images)
    assert [each["is_new"] for each in told] == [True, True]
    references = [image for each in told for image in each["images"]]
    assert web.enroller.submitted == [each["reference_id"] for each in references]
    assert [each["change"] for each in references] == [1, 2, 3]
    subjects = (await client.get(f"{LIST}/subjects")).json()["subjects"]
    assert [each["name"] for each in subjects] == ["Ada", "Grace"]
    assert [each["subject_id"] for each in subjects] == [each["subject_id"] for each in told]
    shown = await client.get(f"{LIST}/references/{references[2]['reference_id']}/image")
    assert shown.content == images["c"]
    assert web.watchlists.name_of("list", told[0]["subject_id"]) == "Ada"


async def test_the_same_request_again_adds_nothing_and_submits_what_is_not_settled(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    people = somebody("Ada", "a"), somebody("Grace", "b")
    images = {"a": IMAGE, "b": IMAGE + b"2"}
    first = await enter(client, LIST, *people, images=images)
    again = await enter(client, LIST, *people, images=images)
    assert again == [each | {"is_new": False} for each in first]
    ids = [each["images"][0]["reference_id"] for each in first]
    assert web.enroller.submitted == ids * 2
    entries = [entry.said()["act"] for entry in await web.audit.after(0, 100)]
    assert entries.count("collection") == 1 + 2 + 2


async def test_what_is_wrong_with_one_holds_up_no_other(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    large = IMAGE + bytes(MAX_IMAGE_BYTES)
    told = await enter(
        client,
        LIST,
        somebody("Ada", "a", "missing", "empty", "large"),
        somebody("Mary", "b", category="owes money"),
        {"subject_id": "nobody", "images": ["b"]},
        somebody("Grace", "a", "b"),
        {"details": {"name": "Hedy"}, "images": ["b"]},
        {"images": ["b"]},
        {"details": {}, "subject_id": "both", "images": ["b"]},
        images={"a": IMAGE, "b": IMAGE + b"2", "empty": b"", "large": large},
    )
    ada, mary, nobody, grace, hedy, neither, both = told
    assert ada["images"][0]["state"] == "submitted"
    assert [each["problem"]["status"] for each in ada["images"][1:]] == [400] * 3
    assert "no part of this name" in ada["images"][1]["problem"]["detail"]
    assert "larger than 7 MB" in ada["images"][3]["problem"]["detail"]
    assert "category: it must be one of" in mary["problem"]["detail"]
    assert (nobody["problem"]["status"], hedy["problem"]["status"]) == (404, 400)
    assert "grounds: " in hedy["problem"]["detail"]
    # Of two who bring one image the first has it.
    assert (grace["images"][0]["problem"]["status"], grace["images"][1]["state"]) == (
        409,
        "submitted",
    )
    assert all("either details" in each["problem"]["detail"] for each in (neither, both))
    assert web.enroller.submitted == [
        ada["images"][0]["reference_id"],
        grace["images"][1]["reference_id"],
    ]


async def test_within_a_request_the_same_person_and_image_are_one(
    client: httpx.AsyncClient,
) -> None:
    first, again = await enter(
        client,
        LIST,
        somebody("Ada", "a"),
        somebody("Ada", "a", "b"),
        images={"a": IMAGE, "b": IMAGE + b"2"},
    )
    assert (first["is_new"], again["is_new"]) == (True, False)
    assert again["subject_id"] == first["subject_id"]
    assert again["images"][0] == first["images"][0]
    assert again["images"][1]["change"] == 2


async def test_nothing_is_added_that_the_database_does_not_take(
    web: AlertWeb, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise DatabaseUnavailable("the database didn't take a statement")

    form = form_of(somebody("Ada", "a"), images={"a": IMAGE})
    with monkeypatch.context() as patched:
        patched.setattr(SqlEntryStore, "add", away)
        assert (await client.post(ENTRIES, **form)).status_code == 503
    assert web.enroller.submitted == []
    assert (await client.post(ENTRIES, **form)).json()["entries"][0]["is_new"]


async def test_large_images_never_reach_a_temporary_file(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise AssertionError("an image was spooled to disk")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    images = {name: IMAGE + name.encode() * (MAX_IMAGE_BYTES - len(IMAGE)) for name in "ab"}
    [told] = await enter(client, LIST, somebody("Ada", "a", "b"), images=images)
    assert [each["state"] for each in told["images"]] == ["submitted"] * 2


async def test_a_body_that_does_not_end_is_refused_while_it_streams(
    client: httpx.AsyncClient,
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield (b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n')
        while sent < 4 * MAX_FORM_BYTES:
            sent += 1024 * 1024
            yield bytes(1024 * 1024)

    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = await client.post(ENTRIES, content=endless(), headers=headers)
    assert answer.status_code == 413
    assert sent < 2 * MAX_FORM_BYTES


async def test_a_body_that_falls_silent_is_given_up(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "READ_WITHIN_S", 0.05)

    async def silent() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'
        await asyncio.Event().wait()

    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = await client.post(ENTRIES, content=silent(), headers=headers)
    assert answer.status_code == 408


_MANY = {"entries": [{"subject_id": "s"}] * (MOST_ENTRIES + 1)}


@pytest.mark.parametrize(
    ("request_parts", "status"),
    [
        ({"json": {}}, 415),
        ({"files": {"a": b"x"}}, 400),
        ({"files": {"entries": (None, "{")}}, 400),
        ({"files": {"entries": (None, "[]")}}, 400),
        ({"files": {"entries": (None, '{"entries": []}')}}, 400),
        ({"files": {"entries": (None, json.dumps(_MANY))}}, 400),
        (form_of({"subject_id": "s", "images": ["a"] * (MOST_IMAGES + 1)}), 400),
        (form_of({}, images={str(n): b"x" for n in range(MOST_IMAGES + 2)}), 400),
        ({"files": {"entries": (None, b"x" * (2 * 1024 * 1024))}}, 400),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=b"}}, 400),
    ],
    ids=["json", "no entries", "cut off", "a list", "empty", "many entries", "many names",
         "many files", "long", "no boundary", "garbage"],
)  # fmt: skip
async def test_a_form_that_is_none_is_refused_with_a_reason(
    client: httpx.AsyncClient, request_parts: dict[str, Any], status: int
) -> None:
    answer = await client.post(ENTRIES, **request_parts)
    assert answer.status_code == status
    assert answer.json()["detail"]


async def test_entries_may_come_as_a_file(web: AlertWeb, client: httpx.AsyncClient) -> None:
    subject_id = await listed(web.watchlists)
    told = json.dumps({"entries": [{"subject_id": subject_id}]})
    answer = await client.post(ENTRIES, files={"entries": ("entries.json", told)})
    assert answer.json()["entries"][0]["subject_id"] == subject_id


@pytest.mark.parametrize("what", ["an entry", "an image", "a list"])
async def test_nothing_keeps_the_images_of_what_was_refused(
    web: AlertWeb, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    async def ordered(_watchlist_id: str) -> None:
        raise Conflict("it was ordered")

    people = [somebody("Ada", "a", category="owes money" if what == "an entry" else "other")]
    if what == "a list":
        monkeypatch.setattr(web.watchlists.versions, "open_one", ordered)
    if what == "an image":
        await enter(client, LIST, somebody("Grace", "a"), images={"a": IMAGE})
    gc.collect()
    gc.disable()
    try:
        await enter(client, LIST, *people, images={"a": IMAGE})
        assert [each for each in gc.get_objects() if isinstance(each, Entry)] == []
    finally:
        gc.enable()
