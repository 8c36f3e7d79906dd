"""Samples over HTTP: drawn, shown and checked, each told in the audit log."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.alert_web import AlertWeb, alert_web
from tests.support.watchlists import outcome, pictured

from lethe.alert.identity.principal import Role

SAMPLE = "/api/v1/watchlists/list/sample"
READ = {"If-Match": '"1"'}


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path) as web:
        for name in ("Ada", "Bob", "Cid"):
            reference = await pictured(web.watchlists, name, name.encode(), on="list")
            await web.watchlists.record([outcome(reference.reference_id)])
        yield web


async def test_a_sample_is_drawn_checked_and_told_without_names(web: AlertWeb) -> None:
    async with web.client(web.issuer.token(Role.SUPERVISOR, sub="Sue")) as client:
        answer = await client.post(SAMPLE, json={"size": 2})
        assert (answer.status_code, answer.json()["drawn"]) == (200, 2)
        one, other = (each["subject_id"] for each in answer.json()["members"])
        await client.put(f"{SAMPLE}/{one}", json={"result": "passed"}, headers=READ)
        await client.put(f"{SAMPLE}/{other}", json={"result": "failed"}, headers=READ)
        again = await client.put(f"{SAMPLE}/{other}", json={"result": "passed"}, headers=READ)
        assert (again.status_code, "change it first" in again.json()["detail"]) == (409, True)
    async with web.client(web.issuer.token(Role.OPERATOR)) as client:
        shown = await client.get(SAMPLE)
        assert (await client.post(SAMPLE, json={"size": 3})).status_code == 403
    told = shown.json()
    assert {key: told[key] for key in ("subjects", "drawn", "passed", "failed", "unchecked")} == {
        "subjects": 3,
        "drawn": 2,
        "passed": 1,
        "failed": 1,
        "unchecked": 0,
    }
    assert [(each["result"], each["checked_by"]) for each in told["members"]] == [
        ("passed", "Sue"),
        ("failed", "Sue"),
    ]
    assert all(name not in shown.text for name in ("Ada", "Bob", "Cid"))
    entries = [entry.said() for entry in await web.audit.after(0, 1_000)]
    assert [(each["records"], each["why"]) for each in entries if each["who"] == "Sue"] == [
        (["watchlist:list", f"subject:{one}", f"subject:{other}"], "a sample was drawn"),
        ([f"subject:{one}", "watchlist:list"], "a subject was checked and found right"),
        ([f"subject:{other}", "watchlist:list"], "a subject was checked and found wrong"),
    ]


@pytest.mark.parametrize("body", [{}, {"size": 0}, {"size": "2"}, {"size": 1_001}])
async def test_a_size_that_is_none_is_refused(web: AlertWeb, body: dict[str, object]) -> None:
    async with web.client() as client:
        assert (await client.post(SAMPLE, json=body)).status_code == 400


async def test_whoever_reads_who_was_drawn_stands_in_the_audit_log(web: AlertWeb) -> None:
    async with web.client(web.issuer.token(Role.SUPERVISOR, sub="Sue")) as client:
        assert (await client.get(SAMPLE)).json()["members"] == [], "nobody is told of"
        drawn = await client.post(SAMPLE, json={"size": 1})
        [ada] = [each["subject_id"] for each in drawn.json()["members"]]
        more = await client.post(SAMPLE, json={"size": 2})
        await client.get(SAMPLE)
    both = sorted(each["subject_id"] for each in more.json()["members"])
    entries = [entry.said() for entry in await web.audit.after(0, 1_000)]
    read = [each for each in entries if each["act"] == "consultation"]
    assert [(each["who"], each["records"], each["why"]) for each in read] == [
        ("Sue", ["watchlist:list", f"subject:{ada}"], "a sample was read"),
        ("Sue", ["watchlist:list", *(f"subject:{each}" for each in both)], "a sample was read"),
    ]


async def test_a_finding_names_what_was_looked_at(web: AlertWeb) -> None:
    async with web.client(web.issuer.token(Role.SUPERVISOR, sub="Sue")) as client:
        drawn = await client.post(SAMPLE, json={"size": 1})
        [member] = drawn.json()["members"]
        path = f"{SAMPLE}/{member['subject_id']}"
        shown = await client.get(path.replace("/sample/", "/subjects/"))
        passed = {"result": "passed"}
        assert (await client.put(path, json=passed)).status_code == 428
        old = await client.put(path, json=passed, headers={"If-Match": '"7"'})
        assert (old.status_code, "look again" in old.json()["detail"]) == (412, True)
        tag = {"If-Match": shown.headers["etag"]}
        assert (await client.put(path, json=passed, headers=tag)).json()["passed"] == 1
