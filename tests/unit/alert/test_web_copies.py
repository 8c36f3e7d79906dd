"""Over HTTP: a watchlist is copied to a new version, some subjects with each request."""

import pytest
from tests.support.alert_web import AlertWeb
from tests.support.watchlists import outcome, pictured

COPY = "/api/v1/watchlists/list/versions"


async def listed(web: AlertWeb, *names: str) -> None:
    for name in names:
        added = await pictured(web.watchlists, name, name.encode(), on="list")
        await web.watchlists.record([outcome(added.reference_id)])


async def test_some_subjects_are_copied_with_each_request_until_there_are_no_more(
    web: AlertWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lethe.alert.web.copies.AT_ONCE", 2)
    await listed(web, "Ada", "Grace", "Mary")
    async with web.client() as client:
        first = (await client.post(COPY, json={"watchlist_id": "list-2"})).json()
        version = {"watchlist_id": "list-2", "list_id": "list", "number": 2, "left_out": []}
        assert first == version | {"subjects": 2, "images": 2, "next": first["next"]}
        body = {"watchlist_id": "list-2", "after": first["next"]}
        last = (await client.post(COPY, json=body)).json()
        assert last == version | {"subjects": 1, "images": 1, "next": None}
        told = (await client.get("/api/v1/watchlists/list-2")).json()
        assert (told["subjects"], told["number"], told["settled"]) == (3, 2, False)
    assert len(web.enroller.submitted) == 3


async def test_who_is_left_out_is_told_with_the_problem(web: AlertWeb) -> None:
    added = await pictured(web.watchlists, "Ada", b"no face", on="list")
    await web.watchlists.record([outcome(added.reference_id, "no_face")])
    async with web.client() as client:
        [left_out] = (await client.post(COPY, json={"watchlist_id": "list-2"})).json()["left_out"]
        assert left_out["subject_id"] == added.subject_id
        assert left_out["problem"]["status"] == 409


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (COPY, {"watchlist_id": "list"}, 409),
        (COPY, {"watchlist_id": "../list"}, 400),
        (COPY, {"watchlist_id": "list-2", "after": -1}, 400),
        (COPY, {}, 400),
        (COPY.replace("list/", "none/"), {"watchlist_id": "list-2"}, 404),
    ],
)
async def test_what_cannot_be_copied_is_refused(
    web: AlertWeb, path: str, body: dict[str, object], status: int
) -> None:
    await listed(web, "Ada")
    async with web.client() as client:
        assert (await client.post(path, json=body)).status_code == status
