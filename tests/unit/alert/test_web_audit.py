"""Whoever reads or changes personal data over HTTP is in the audit log, and auditors read it."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update
from tests.support.alert_desk import CROP, candidates_found
from tests.support.alert_web import AlertWeb, free_port, served
from tests.support.entries import enter
from tests.support.tokens import bearer
from tests.support.watchlists import details, pictured
from websockets.asyncio.client import connect

from lethe.alert.audit.chain import ChainVerifier, SealedEntry
from lethe.alert.audit.reasons import OpenedReason, commitment_to
from lethe.alert.errors import KeyStoreUnavailable
from lethe.alert.identity.principal import Role
from lethe.alert.keystores.files import FileKeyStore
from lethe.alert.keystores.port import StoredKey
from lethe.alert.tables import audit, audit_reasons
from lethe.receipts.canonical import encode

LOOKING = "looking for the person"


async def told(web: AlertWeb, *, who: str = "Ames") -> list[tuple[object, object]]:
    """Return what somebody did, and to which records."""
    entries = [entry.said() for entry in await web.audit.after(0, 1_000)]
    return [(each["act"], each["records"]) for each in entries if each["who"] == who]


async def test_who_looks_at_an_alert_is_in_the_log_before_they_see_it(web: AlertWeb) -> None:
    alert = await web.desk.receive(candidates_found("search"), CROP)
    assert alert is not None
    one = [f"alert:{alert.alert_id}"]
    async with web.client() as client:
        await client.get("/api/v1/alerts")
        await client.get("/api/v1/alerts?after=1")
        await client.get(f"/api/v1/alerts/{alert.alert_id}")
        headers = {"Lethe-Reason": LOOKING}
        await client.get(f"/api/v1/alerts/{alert.alert_id}/probe", headers=headers)
        decision = {"verdict": "false_alert", "confirmed": False}
        await client.post(f"/api/v1/alerts/{alert.alert_id}/adjudications", json=decision)
        assert (await client.get(f"/api/v1/alerts/{alert.alert_id}/probe")).status_code == 410
    assert await told(web) == [
        ("consultation", one),
        ("consultation", one),
        ("consultation", one),
        ("alteration", one),
        ("erasure", one),
    ]
    looked = (await web.audit.after(0, 1_000))[-3].said()["reason"]
    (reason,) = await web.audit.reasons({str(looked)})
    opened = (await web.reasons().open([reason]))[reason.commitment]
    assert isinstance(opened, OpenedReason)
    assert (opened.text, commitment_to(LOOKING, opened.salt)) == (LOOKING, looked)
    by_itself = [act for act, _ in await told(web, who="alert-1")]
    assert by_itself == ["combination", "disclosure"]


async def test_who_reads_the_details_of_an_alerts_subject_is_in_the_log(web: AlertWeb) -> None:
    reference = await pictured(web.watchlists, "Ada Lovelace", CROP)
    subject_id = reference.subject_id
    alert = await web.desk.receive(candidates_found("search", subject_id=subject_id), CROP)
    assert alert is not None
    async with web.client() as client:
        answer = await client.get(f"/api/v1/alerts/{alert.alert_id}/subject")
    assert answer.status_code == 200
    records = [f"alert:{alert.alert_id}", f"subject:{subject_id}"]
    assert await told(web) == [("consultation", records)]


async def test_a_reason_that_is_no_short_line_is_refused_and_nothing_shown(web: AlertWeb) -> None:
    async with web.client() as client:
        for reason in ("x" * 201, "a\tb"):
            answer = await client.get("/api/v1/alerts", headers={"Lethe-Reason": reason})
            assert answer.status_code == 400
            assert "Lethe-Reason" in answer.json()["detail"]


async def test_who_keeps_and_reads_a_watchlist_is_in_the_log(web: AlertWeb) -> None:
    async with web.client() as client:
        await client.post("/api/v1/watchlists", json={"watchlist_id": "list"})
        of_list = "/api/v1/watchlists/list"
        ann = details("Ann Other").model_dump(mode="json")
        entry = {"details": ann, "images": ["a"]}
        [added] = await enter(client, of_list, entry, images={"a": CROP})
        subject_id, reference_id = added["subject_id"], added["images"][0]["reference_id"]
        for read in (
            "/api/v1/watchlists",
            of_list,
            f"{of_list}/subjects",
            f"{of_list}/subjects?after=9",
            f"{of_list}/subjects/{subject_id}",
            f"{of_list}/references",
            f"{of_list}/references/{reference_id}/image",
        ):
            assert (await client.get(read)).status_code == 200
    subject, reference = f"subject:{subject_id}", f"reference:{reference_id}"
    assert await told(web) == [
        ("collection", ["watchlist:list"]),
        ("collection", [subject, "watchlist:list"]),
        ("collection", [reference, "watchlist:list", subject]),
        ("consultation", ["watchlist:list"]),
        ("consultation", ["watchlist:list"]),
        ("consultation", [subject]),
        ("consultation", [subject]),
        ("consultation", [reference]),
        ("consultation", [reference]),
    ]
    assert all("Ann" not in entry.line for entry in await web.audit.after(0, 1_000))


async def test_who_is_sent_alerts_on_the_stream_is_in_the_log(web: AlertWeb) -> None:
    alert = await web.desk.receive(candidates_found("search"), CROP)
    assert alert is not None
    port = free_port()
    address = f"ws://127.0.0.1:{port}/api/v1/alerts/stream"
    async with served(web.app(port), port), connect(address, proxy=None) as socket:
        await socket.send(json.dumps({"after": 0, "token": web.issuer.token(Role.OPERATOR)}))
        assert json.loads(await socket.recv())["type"] == "hello"
        assert await told(web) == [("consultation", ["alerts-after:0"])]
        assert json.loads(await socket.recv())["type"] == "alert"
    await web.consultations.tell()
    assert (await told(web))[1:] == [("consultation", [f"alert:{alert.alert_id}"])]


async def _page(web: AlertWeb, query: str = "") -> dict[str, Any]:
    async with web.client(web.issuer.token(Role.AUDITOR, sub="Audrey")) as client:
        answer = await client.get(f"/api/v1/audit{query}")
        assert answer.status_code == 200
        page: dict[str, Any] = answer.json()
        return page


async def test_an_auditor_reads_the_log_page_by_page_and_verifies_it(web: AlertWeb) -> None:
    for number in range(4):
        await web.desk.receive(candidates_found(f"search-{number}", subject_id=str(number)), CROP)
    verifier, number = ChainVerifier(), 0
    while len(entries := (page := await _page(web, f"?after={number}&limit=3"))["entries"]) == 3:
        assert (page["log"], page["size"]) == (web.audit.name, web.audit.size)
        for entry in entries:
            digest = entry.pop("digest")
            verifier.take(SealedEntry(encode(entry).decode(), digest))
        number += len(entries)
    assert verifier.conclude().head.size == number >= 8
    assert (await told(web, who="Audrey"))[0] == ("consultation", ["audit:1-3"])


async def test_what_somebody_said_is_no_part_of_the_chain_and_ends(web: AlertWeb) -> None:
    await web.desk.receive(candidates_found("search"), CROP)
    async with web.client() as client:
        for _ in range(2):
            await client.get("/api/v1/alerts", headers={"Lethe-Reason": LOOKING})
    page = await _page(web)
    assert page["reasons"] == page["unopened"] == {}, "nobody asked for them"
    page = await _page(web, "?reasons=true")
    told = [entry["reason"] for entry in page["entries"] if entry["reason"]]
    assert all(LOOKING not in entry.line for entry in await web.audit.after(0, 1_000))
    assert [page["reasons"][each]["text"] for each in told] == [LOOKING] * 2
    assert told[0] != told[1], "nobody can tell that it was said twice"
    for commitment, reason in page["reasons"].items():
        assert commitment_to(reason["text"], bytes.fromhex(reason["salt"])) == commitment

    web.clock.ms = 365 * 24 * 3_600_000
    page = await _page(web, "?reasons=true")
    assert [entry["reason"] for entry in page["entries"] if entry["reason"]] == told
    assert page["reasons"] == {}
    assert page["unopened"] == dict.fromkeys(told, "erased")
    whys = [entry["why"] for entry in page["entries"] if entry["who"] == "Audrey"]
    assert whys == ["the audit log was read", "the audit log was read, with reasons"]


async def test_a_reason_that_was_altered_hides_no_other_and_no_entry(web: AlertWeb) -> None:
    async with web.client() as client:
        await web.desk.receive(candidates_found("search"), CROP)
        for said in ("first", "second", "third"):
            await client.get("/api/v1/alerts", headers={"Lethe-Reason": said})
    entries = [entry.said() for entry in await web.audit.after(0, 1_000)]
    told = [str(entry["reason"]) for entry in entries if entry["reason"]]
    async with web.database.begin() as connection:
        statement = update(audit_reasons).where(audit_reasons.c.commitment == told[1])
        await connection.execute(statement.values(ciphertext=b"altered"))
    page = await _page(web, "?reasons=true")
    assert page["unopened"] == {told[1]: "altered"}
    assert {each["text"] for each in page["reasons"].values()} == {"first", "third"}


def _reason_keys(folder: Path) -> set[str]:
    return {path.name for path in (folder / "keys").glob("reasons-*")}


async def test_reasons_whose_keys_were_lost_are_erased_and_new_ones_are_kept(
    web: AlertWeb, tmp_path: Path
) -> None:
    await web.desk.receive(candidates_found("search"), CROP)
    async with web.client() as client:
        await client.get("/api/v1/alerts", headers={"Lethe-Reason": "before"})
        lost = _reason_keys(tmp_path)
        for name in lost:
            (tmp_path / "keys" / name).unlink()
        await client.get("/api/v1/alerts", headers={"Lethe-Reason": "after"})
    async with web.client() as client:
        await client.get("/api/v1/alerts", headers={"Lethe-Reason": "in another instance"})
    page = await _page(web, "?reasons=true")
    opened = {each["text"] for each in page["reasons"].values()}
    assert opened == {"after", "in another instance"}
    assert list(page["unopened"].values()) == ["erased"]
    assert len(lost) == 1
    assert len(_reason_keys(tmp_path) - lost) == 2, "no name is used twice"


async def test_auditors_read_the_log_while_the_key_store_is_away(
    web: AlertWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    await web.desk.receive(candidates_found("search"), CROP)
    async with web.client() as client:
        await client.get("/api/v1/alerts", headers={"Lethe-Reason": LOOKING})

    def fail(*_: object) -> StoredKey:
        raise KeyStoreUnavailable("away")

    monkeypatch.setattr(FileKeyStore, "read", fail)
    page = await _page(web, "?reasons=true")
    assert list(page["unopened"].values()) == ["unavailable"]


async def test_the_words_of_an_older_entry_are_told_to_whoever_asks_for_reasons(
    web: AlertWeb,
) -> None:
    await web.desk.receive(candidates_found("search"), CROP)
    async with web.client() as client:
        await client.get("/api/v1/alerts", headers={"Lethe-Reason": "said today"})
    newest = (await web.audit.after(0, 1_000))[-1].said()
    old = encode(newest | {"v": 1, "reason": LOOKING}).decode()
    async with web.database.begin() as connection:
        await connection.execute(text("DROP TRIGGER audit_refuses_update"))
        here = audit.c.number == newest["number"]
        await connection.execute(update(audit).where(here).values(line=old))
    page = await _page(web)
    assert LOOKING not in json.dumps(page)
    assert page["withheld"] == [newest["number"]]
    page = await _page(web, "?reasons=true")
    [entry] = [each for each in page["entries"] if each["number"] == newest["number"]]
    assert (entry["reason"], page["withheld"]) == (LOOKING, [])
    assert page["reasons"] == page["unopened"] == {}, "its words are no commitment"


async def test_a_wish_for_reasons_is_said_clearly(web: AlertWeb) -> None:
    async with web.client(web.issuer.token(Role.AUDITOR)) as client:
        answer = await client.get("/api/v1/audit?reasons=yes")
    assert (answer.status_code, answer.json()["detail"]) == (400, "reasons must be true or false")


async def test_an_auditor_of_some_deployments_does_not_read_what_concerns_all(
    web: AlertWeb,
) -> None:
    token = web.issuer.token(Role.AUDITOR, deployments=["deployment-1"])
    async with web.client() as client:
        answer = await client.get("/api/v1/audit", headers=bearer(token))
    assert answer.status_code == 403
    assert "limited" in answer.json()["detail"]


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=1001"])
async def test_a_page_that_is_none_is_refused(web: AlertWeb, query: str) -> None:
    async with web.client() as client:
        assert (await client.get(f"/api/v1/audit?{query}")).status_code == 400
