"""What is uploaded as an image and is none: a problem says so, and nothing of it is kept."""

import io
import zipfile
from collections.abc import AsyncIterator

import httpx
import pytest
from tests.support.alert_web import AlertWeb
from tests.support.entries import enter, form_of
from tests.support.hostile_pictures import harmless, hostile, portrait, saved
from tests.support.watchlists import details, outcome

LIST = "/api/v1/watchlists/list"
ENTRIES = f"{LIST}/entries"
PERSON = {"details": details("Ada").model_dump(mode="json"), "images": ["image"]}


@pytest.fixture
async def client(web: AlertWeb) -> AsyncIterator[httpx.AsyncClient]:
    async with web.client() as client:
        await client.post("/api/v1/watchlists", json={"watchlist_id": "list"})
        yield client


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("portrait.jpg", saved(portrait(), "JPEG"))
    return file.getvalue()


NO_IMAGES = {
    "text": b"minutes of the meeting\n" * 50,
    "nothing": b"",
    "a document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "an archive": archive(),
    "a page": b"<!doctype html><script>alert(1)</script>",
    "a drawing with a script": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "a program": b"\x7fELF\x02\x01\x01" + bytes(100),
    "zeros": bytes(5_000),
    "a moving picture": hostile()["moving.jpg"],
    "a telephone's own kind": hostile()["telephone.jpg"],
    "a document with a picture behind it": hostile()["document.jpg"],
    "a page with a picture behind it": hostile()["page.png"],
}


@pytest.mark.parametrize("name", NO_IMAGES)
async def test_what_is_no_image_is_a_problem_of_its_own_and_is_not_kept(
    web: AlertWeb, client: httpx.AsyncClient, name: str
) -> None:
    [told] = await enter(client, LIST, PERSON, images={"image": NO_IMAGES[name]})
    [image] = told["images"]
    assert image["problem"]["status"] == 400
    assert image["problem"]["title"] == "Bad Request"
    assert image["problem"]["detail"].startswith(("not an image (JPEG, PNG", "the image is empty"))
    assert web.enroller.submitted == []
    assert await web.watchlists.references("list") == []


@pytest.mark.parametrize("kind", ["image/jpeg", "application/pdf", "text/html", "text/plain"])
async def test_a_body_that_is_no_form_is_a_problem(
    web: AlertWeb, client: httpx.AsyncClient, kind: str
) -> None:
    body = saved(portrait(), "JPEG")
    answer = await client.post(ENTRIES, content=body, headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert answer.headers["content-type"] == "application/problem+json"
    assert "multipart/form-data" in answer.json()["detail"]
    assert await web.watchlists.references("list") == []


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"<html>", archive(), b"name,images\nAda,a"])
async def test_a_form_whose_entries_are_a_file_of_another_kind_is_a_problem(
    client: httpx.AsyncClient, content: bytes
) -> None:
    files = {"entries": ("entries.json", content, "application/json")}
    answer = await client.post(ENTRIES, files=files)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "JSON" in answer.json()["detail"]


async def test_a_form_that_is_cut_off_is_a_problem(client: httpx.AsyncClient) -> None:
    whole = client.build_request("POST", ENTRIES, **form_of(PERSON, images={"image": b"\xff\xd8"}))
    body, kind = whole.read(), whole.headers["content-type"]
    for end in (0, 40):
        headers = {"Content-Type": kind}
        answer = await client.post(ENTRIES, content=body[:end], headers=headers)
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_jpeg_that_is_cut_off_is_taken_and_rejected_when_it_is_read(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    [told] = await enter(client, LIST, PERSON, images={"image": hostile()["cut.jpg"]})
    [image] = told["images"]
    assert (image["state"], web.enroller.submitted) == ("submitted", [image["reference_id"]])
    await web.watchlists.record([outcome(image["reference_id"], "unreadable", on="list")])
    [found] = (await client.get(f"{LIST}/references")).json()["references"]
    assert (found["state"], found["fault"]) == ("rejected", "unreadable")


async def test_an_image_with_an_archive_behind_it_is_an_image_and_nothing_else_to_a_browser(
    client: httpx.AsyncClient,
) -> None:
    both = harmless()["with an archive.jpg"]
    [told] = await enter(client, LIST, PERSON, images={"image": both})
    address = f"{LIST}/references/{told['images'][0]['reference_id']}/image"
    shown = await client.get(address)
    assert shown.content == both
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["x-content-type-options"] == "nosniff"


async def test_every_kind_that_is_said_to_be_taken_is(client: httpx.AsyncClient) -> None:
    names = list(harmless())
    people = [
        {"details": details(f"person {n}").model_dump(mode="json"), "images": [f"i{n}"]}
        for n, _ in enumerate(names)
    ]
    images = {f"i{n}": content for n, content in enumerate(harmless().values())}
    told = await enter(client, LIST, *people, images=images)
    assert [each["images"][0].get("state") for each in told] == ["submitted"] * len(names)
