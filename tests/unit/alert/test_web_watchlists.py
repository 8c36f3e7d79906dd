"""Watchlists and their subjects over HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.support.alert_web import AlertWeb
from tests.support.entries import enter, form_of
from tests.support.watchlists import details, entered

from lethe.alert.watchlists.end import OrderedList
from lethe.alert.watchlists.entry import Entry

LISTS = "/api/v1/watchlists"
LIST = f"{LISTS}/list"
SUBJECTS = f"{LIST}/subjects"
ADA: dict[str, Any] = {
    "reference_number": "A-17",
    "name": "Ada Lovelace",
    "category": "warrant",
    "grounds": "failed to appear",
}
NAMED: dict[str, Any] = {"name": "Market square", "purpose": "May", "categories": ["warrant"]}


@pytest.fixture
async def client(web: AlertWeb) -> AsyncIterator[httpx.AsyncClient]:
    async with web.client() as client:
        answer = await client.post(LISTS, json={"watchlist_id": "list"} | NAMED)
        assert answer.status_code == 201
        yield client


async def test_a_watchlist_is_told_with_its_counts_and_its_hash(client: httpx.AsyncClient) -> None:
    answer = await client.get(LIST)
    assert answer.headers["etag"] == '"1"'
    assert answer.json() == NAMED | {
        "watchlist_id": "list",
        "list_id": "list",
        "number": 1,
        "revision": 1,
        "ordered_hash": None,
        "erased": False,
        "subjects": 0,
        "reviews_due": 0,
        "references": {"submitted": 0, "enrolled": 0, "rejected": 0},
        "settled": True,
        "content_hash": answer.json()["content_hash"],
        "details_hash": answer.json()["details_hash"],
    }
    assert len(answer.json()["content_hash"]) == 64


async def test_whoever_is_due_for_review_is_counted_until_they_are_looked_at_or_removed(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    today = datetime.fromtimestamp(web.clock.wall_us() / 1e6, UTC).date()
    days = {"Ada": today, "Grace": today - timedelta(days=1), "Mary": today + timedelta(days=1)}
    for name, day in days.items():
        await entered(web.watchlists, Entry(details(name, category="warrant", review_on=day)))

    async def due() -> int:
        return int((await client.get(LIST)).json()["reviews_due"])

    assert await due() == 2
    ada, grace, _ = await web.watchlists.subjects.after("list", 0, 3)
    later = details("Ada", category="warrant", review_on=today + timedelta(days=30))
    await web.watchlists.subjects.edit("list", ada.subject_id, later, ada.revision)
    assert await due() == 1
    await web.watchlists.subjects.remove("list", grace.subject_id)
    assert await due() == 0
    web.clock.ms += 86_400_000
    assert await due() == 1
    # A restart knows them as well.
    web.watchlists.subjects.forget("list")
    await web.watchlists.subjects.restore("list")
    assert await due() == 1


async def test_registering_again_is_no_error_and_changes_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.post(LISTS, json={"watchlist_id": "list", "name": "other"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Market square")


async def test_watchlists_come_in_pages(client: httpx.AsyncClient) -> None:
    for name in ("a", "z"):
        await client.post(LISTS, json={"watchlist_id": name})
    first = (await client.get(LISTS, params={"limit": 2})).json()
    rest = (await client.get(LISTS, params={"limit": 2, "after": first["next"]})).json()
    ids = [each["watchlist_id"] for each in (*first["watchlists"], *rest["watchlists"])]
    assert (ids, rest["next"]) == (["a", "list", "z"], None)
    assert (await client.get(LISTS, params={"after": "../"})).status_code == 400


async def test_a_change_needs_the_tag_of_what_was_read(client: httpx.AsyncClient) -> None:
    renamed = NAMED | {"name": "Station square"}
    assert (await client.put(LIST, json=renamed)).status_code == 428
    wrong = await client.put(LIST, json=renamed, headers={"If-Match": "*"})
    assert wrong.status_code == 400
    tag = (await client.get(LIST)).headers["etag"]
    changed = await client.put(LIST, json=renamed, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["name"]) == (200, "Station square")
    again = await client.put(LIST, json=NAMED, headers={"If-Match": tag})
    assert again.status_code == 412
    assert "read it again" in again.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"json": {"watchlist_id": "../etc"}}, 400),
        ({"json": {"watchlist_id": 7}}, 400),
        ({"json": {}}, 400),
        ({"json": []}, 400),
        ({"json": {"watchlist_id": "w", "categories": []}}, 400),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ({"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}, 400),
        (
            {"content": b" " * (1024 * 1024 + 1), "headers": {"content-type": "application/json"}},
            413,
        ),
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 415),
    ],
    ids=[
        "path", "number", "missing", "list", "no category", "cut off", "deep", "large",
        "plain text",
    ],
)  # fmt: skip
async def test_a_watchlist_that_is_none_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any], status: int
) -> None:
    assert (await client.post(LISTS, **body)).status_code == status


async def test_a_subject_is_added_read_changed_and_removed(client: httpx.AsyncClient) -> None:
    [added] = await enter(client, LIST, {"details": ADA})
    assert (added["is_new"], added["images"]) == (True, [])
    subject_id = added["subject_id"]
    [again] = await enter(client, LIST, {"details": ADA})
    assert again == added | {"is_new": False}
    one = f"{SUBJECTS}/{subject_id}"
    read = await client.get(one)
    assert {name: read.json()[name] for name in ADA} == ADA
    careful = ADA | {"is_child": True, "warning_markers": ["may run"]}
    assert (await client.put(one, json=careful)).status_code == 428
    tag = {"If-Match": read.headers["etag"]}
    changed = await client.put(one, json=careful, headers=tag)
    assert (changed.headers["etag"], changed.json()["is_child"]) == ('"2"', True)
    assert (await client.put(one, json=careful, headers=tag)).status_code == 412
    assert (await client.delete(one)).status_code == 204
    assert (await client.get(one)).status_code == 404


async def test_subjects_come_in_pages(client: httpx.AsyncClient) -> None:
    people = [{"details": ADA | {"reference_number": f"A-{number}"}} for number in range(3)]
    await enter(client, LIST, *people)
    first = (await client.get(SUBJECTS, params={"limit": 2})).json()
    rest = (await client.get(SUBJECTS, params={"limit": 2, "after": first["next"]})).json()
    told = [each["reference_number"] for each in (*first["subjects"], *rest["subjects"])]
    assert (told, rest["next"]) == (["A-0", "A-1", "A-2"], None)


async def test_what_does_not_fit_is_said_by_field_and_not_repeated(
    client: httpx.AsyncClient,
) -> None:
    wrong = ADA | {"grounds": "", "expires_on": "Ada's birthday", "name": "A" * 201}
    [told] = await enter(client, LIST, {"details": wrong})
    assert told["problem"]["status"] == 400
    detail = told["problem"]["detail"]
    assert all(f"{field}: " in detail for field in ("grounds", "expires_on", "name"))
    assert "birthday" not in detail
    assert "AAA" not in detail


async def test_another_subject_under_a_known_number_is_a_conflict(
    client: httpx.AsyncClient,
) -> None:
    grace = ADA | {"name": "Grace"}
    ada, refused = await enter(client, LIST, {"details": ADA}, {"details": grace})
    assert refused["problem"]["status"] == 409
    assert ada["subject_id"] in refused["problem"]["detail"]


async def test_nothing_of_a_version_that_was_ordered_is_changed(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    [ada] = await enter(client, LIST, {"details": ADA})
    subject_id = ada["subject_id"]
    await web.watchlists.versions.freeze("list", "ordered", {"other": 2})
    assert (await client.get(LIST)).json()["ordered_hash"] == "ordered"
    tag = {"If-Match": '"1"'}
    for call in (
        client.put(LIST, json=NAMED, headers=tag),
        client.put(f"{SUBJECTS}/{subject_id}", json=ADA, headers=tag),
        client.delete(f"{SUBJECTS}/{subject_id}"),
    ):
        answer = await call
        assert answer.status_code == 409
        assert "was ordered" in answer.json()["detail"]
    another = {"details": ADA | {"reference_number": "B-1"}}
    image = {"subject_id": subject_id, "images": ["a"]}
    refused, known = await enter(client, LIST, another, image, images={"a": b"\xff\xd8\xff"})
    for told in (refused, known["images"][0]):
        assert told["problem"]["status"] == 409
        assert "was ordered" in told["problem"]["detail"]


async def test_a_watchlist_is_erased_unless_a_deployment_searches_it(
    client: httpx.AsyncClient, web: AlertWeb
) -> None:
    await enter(client, LIST, {"details": ADA})
    web.ordered.append(OrderedList("list", "deployment-1", web.now().wall_us + 1_000_000))
    refused = await client.delete(LIST)
    assert (refused.status_code, "deployment-1" in refused.json()["detail"]) == (409, True)
    web.ordered.clear()
    web.clock.ms += 2_000
    for _ in range(2):
        assert (await client.delete(LIST)).status_code == 204
    told = (await client.get(LIST)).json()
    assert (told["erased"], told["subjects"], "name" in told) == (True, 0, False)
    assert (await client.post(LISTS, json={"watchlist_id": "list"})).status_code == 409
    form = form_of({"details": ADA})
    assert (await client.post(f"{LIST}/entries", **form)).status_code == 410
    assert (await client.delete(f"{LISTS}/nothing")).status_code == 404


async def test_an_unknown_watchlist_is_not_found(client: httpx.AsyncClient) -> None:
    unknown = f"{LISTS}/nothing"
    for call in (
        client.get(unknown),
        client.get(f"{unknown}/subjects"),
        client.post(f"{unknown}/entries", **form_of({"details": ADA})),
        client.get(f"{unknown}/references"),
    ):
        answer = await call
        assert answer.status_code == 404
        assert "register it first" in answer.json()["detail"]
