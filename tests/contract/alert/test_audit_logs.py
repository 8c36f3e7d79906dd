"""The audit log in SQLite and in PostgreSQL: one line, only added to, together with the deed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.support.alert_desk import instant
from tests.support.alert_drafts import draft
from tests.support.databases import a_term
from tests.support.watchlists import IMAGE, Records, details, imaged, listed, outcome
from tools.postgres import Server

from lethe.alert.audit.chain import AuditVerdict, ChainVerifier
from lethe.alert.audit.deeds import Act, Actor, Deed, acting_as
from lethe.alert.audit.log import SqlAuditLog
from lethe.alert.audit.reasons import Reason
from lethe.alert.audit.stored import stored_audit
from lethe.alert.database import Database, sqlite_url
from lethe.alert.errors import DatabaseUnavailable, DatabaseUnusable, NotLeading, Stale
from lethe.alert.judgements import Adjudication, Mark
from lethe.alert.log import SqlAlertLog
from lethe.alert.term import Term
from lethe.alert.vault import SealedBlob
from lethe.alert.watchlists.version import ListDetails
from lethe.contracts.adjudication import Capacity, Verdict
from lethe.receipts.errors import Refuted

REASON = Reason("ab" * 32, "reasons-1", SealedBlob(b"nonce", b"ciphertext"))
ANN = Actor("ann", ("supervisor",), REASON)
_LOOKED = Deed(Act.CONSULTATION, ("alert:a",), "looked at")


async def said(audit: SqlAuditLog) -> list[dict[str, object]]:
    return [entry.said() for entry in await audit.after(0, 1_000)]


async def verify(audit: SqlAuditLog) -> AuditVerdict:
    verifier = ChainVerifier()
    for entry in await audit.after(0, 1_000):
        verifier.take(entry)
    return verifier.conclude()


async def test_entries_are_found_by_what_they_are_about_and_say(database: Database) -> None:
    audit = SqlAuditLog(await a_term(database))
    about = ('deployment:a"b_%', "deployment:a", "deployment:ab", "DEPLOYMENT:a")
    for name in about:
        for why in ("ended", "ended it", "seen"):
            await audit.append(Deed(Act.ALTERATION, ("alert:x", name), why))
    for name in about:
        found = [entry.said() for entry in await audit.about(name, ["ended", "seen"])]
        assert [entry["why"] for entry in found] == ["ended", "seen"]
        assert {tuple(entry["records"]) for entry in found} == {("alert:x", name)}  # type: ignore[arg-type]
    assert await audit.about("deployment:other", ["ended"]) == []


async def test_deeds_are_numbered_and_chained_over_terms(database: Database) -> None:
    first = await Term.begin(database, "alert-1", lambda: 1_000)
    await SqlAuditLog(first).append(_LOOKED, _LOOKED)
    second = await Term.begin(database, "alert-2", lambda: 2_000)
    assert second.audit_head == first.audit_head
    audit = SqlAuditLog(second)
    with acting_as(ANN):
        await audit.append(_LOOKED)
    entries = await said(audit)
    assert [entry["number"] for entry in entries] == [1, 2, 3]
    assert [entry["who"] for entry in entries] == ["alert-1", "alert-1", "ann"]
    assert [entry["at_us"] for entry in entries] == [1_000, 1_000, 2_000]
    assert (entries[2]["roles"], entries[2]["reason"]) == (["supervisor"], REASON.commitment)
    assert (await verify(audit)).head == second.audit_head
    assert [entry.said()["number"] for entry in await audit.after(1, 1)] == [2]


async def test_a_deed_is_told_with_what_was_done_or_neither_is(database: Database) -> None:
    term = await a_term(database)
    log, audit = SqlAlertLog(term), SqlAuditLog(term)
    alert = await log.append(draft("a"), "search-a", None)
    with pytest.raises(DatabaseUnavailable):
        await log.append(draft("a"), "search-b", None)
    assert [entry["act"] for entry in await said(audit)] == ["combination"]
    decided = Adjudication(
        Verdict.FALSE_ALERT, False, None, "ann", instant(1), Capacity.ENGAGEMENT_OFFICER
    )
    with acting_as(ANN):
        seen = replace(alert, acknowledged=Mark("ann", instant(1)), version=1)
        await log.mark_handled(seen)
        await log.mark_handled(replace(seen, claim=Mark("ann", instant(2)), version=2))
        await log.mark_released(replace(seen, version=3))
        adjudicated = await log.adjudicate(alert, decided)
        await log.mark_erased([adjudicated], instant(5).wall_us)
        await log.mark_announced(adjudicated, decided)
    told = [(each["act"], each["who"], each["records"], each["why"]) for each in await said(audit)]
    assert told[1:] == [
        ("alteration", "ann", ["alert:a"], "an alert was acknowledged"),
        ("alteration", "ann", ["alert:a"], "an alert was claimed"),
        ("alteration", "ann", ["alert:a"], "a claim of an alert was handed back"),
        (
            "alteration",
            "ann",
            ["alert:a"],
            "adjudicated as false_alert, unconfirmed, in the capacity of engagement officer",
        ),
        ("erasure", "ann", ["alert:a"], "adjudicated as a false alert"),
        ("disclosure", "ann", ["alert:a"], "told to systems that listen to alert's events"),
    ]
    assert term.audit_head.size == 7


class LosingAnswers:
    """A database whose answer to a commit gets lost when it is told so."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.loses = False

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.begin() as connection:
            yield connection
        if self.loses:
            raise DatabaseUnavailable("the answer got lost")


async def test_behind_a_commit_whose_answer_got_lost_the_line_goes_on(database: Database) -> None:
    losing = LosingAnswers(database)
    audit = SqlAuditLog(await Term.begin(cast("Database", losing), "alert-1"))
    await audit.append(replace(_LOOKED, why="first"))
    losing.loses = True
    with pytest.raises(DatabaseUnavailable):
        await audit.append(replace(_LOOKED, why="second"))
    losing.loses = False
    await audit.append(replace(_LOOKED, why="third"))
    assert [each["why"] for each in await said(audit)] == ["first", "second", "third"]
    assert (await verify(audit)).head.size == audit.size == 3


async def test_a_deed_that_fails_leaves_no_gap(database: Database) -> None:
    term = await a_term(database)
    audit = SqlAuditLog(term)
    with pytest.raises(ZeroDivisionError):
        async with term.write(_LOOKED):
            raise ZeroDivisionError
    await audit.append(_LOOKED)
    assert (await verify(audit)).head.size == 1


async def test_a_reason_is_kept_once_for_all_that_is_done_for_it(database: Database) -> None:
    audit = SqlAuditLog(await a_term(database))
    with acting_as(ANN):
        await audit.append(_LOOKED, _LOOKED)
        await audit.append(_LOOKED)
    assert [each["reason"] for each in await said(audit)] == [REASON.commitment] * 3
    assert await audit.reasons({REASON.commitment, "another"}) == [REASON]
    assert await audit.reasons(set()) == []


async def test_an_erasure_is_told_with_its_ground(database: Database) -> None:
    term = await a_term(database)
    log, audit = SqlAlertLog(term), SqlAuditLog(term)
    early = await log.append(draft("a", erase_at_wall_us=1_000), "search-a", None)
    await log.mark_erased([early], 999)
    late = await log.append(draft("b", erase_at_wall_us=1_000), "search-b", None)
    await log.mark_erased([late], 1_000)
    assert [each["why"] for each in await said(audit) if each["act"] == "erasure"] == [
        "its key was lost before its time",
        "retention ended",
    ]


async def test_each_change_of_a_watchlist_is_told_and_one_that_comes_too_late_is_not(
    database: Database, tmp_path: Path
) -> None:
    term = await a_term(database)
    book = Records(term, tmp_path).book
    subject_id = await listed(book)
    named = details("Grace Hopper")
    await book.subjects.edit("list", subject_id, named, 1)
    with pytest.raises(Stale):
        await book.subjects.edit("list", subject_id, details(), 1)
    await book.versions.edit("list", ListDetails(name="Northtown"), 1)
    with pytest.raises(Stale):
        await book.versions.edit("list", ListDetails(), 1)
    image = await imaged(book, "list", subject_id, IMAGE)
    await book.record([outcome(image.reference_id, "no-face")])
    await book.remove("list", image.reference_id)
    await book.subjects.remove("list", subject_id)
    for _ in range(2):
        await book.versions.freeze("list", "ab" * 32, {"other": 2})
    subject, reference = f"subject:{subject_id}", f"reference:{image.reference_id}"
    entries = await said(SqlAuditLog(term))
    assert [(each["act"], each["records"]) for each in entries] == [
        ("collection", ["watchlist:list"]),
        ("collection", [subject, "watchlist:list"]),
        ("alteration", [subject, "watchlist:list"]),
        ("alteration", ["watchlist:list"]),
        ("collection", [reference, "watchlist:list", subject]),
        ("alteration", [reference, "watchlist:list"]),
        ("erasure", [reference]),
        ("erasure", [subject, "watchlist:list"]),
        ("alteration", ["watchlist:list"]),
    ]
    assert not any("Grace" in str(each) or "Ada" in str(each) for each in entries)


async def test_an_ex_leader_that_wakes_up_audits_nothing(database: Database) -> None:
    before = await a_term(database)
    after = await a_term(database)
    with pytest.raises(NotLeading):
        await SqlAuditLog(before).append(_LOOKED)
    assert await said(SqlAuditLog(after)) == []


async def test_deeds_at_once_stand_in_one_line(database: Database) -> None:
    term = await a_term(database)
    audit = SqlAuditLog(term)
    await asyncio.gather(*(audit.append(_LOOKED, _LOOKED) for _ in range(10)))
    assert (await verify(audit)).head == term.audit_head
    assert term.audit_head.size == 20


@pytest.mark.parametrize("change", ["UPDATE audit SET line = ''", "DELETE FROM audit"])
async def test_the_database_itself_refuses_to_change_an_entry(
    database: Database, change: str
) -> None:
    audit = SqlAuditLog(await a_term(database))
    await audit.append(_LOOKED)
    with pytest.raises(DatabaseUnavailable):
        async with database.begin() as connection:
            await connection.execute(text(change))
    assert len(await said(audit)) == 1


async def _url(database: Database, server: Server) -> str:
    if database.folder is not None:
        return sqlite_url(database.folder / "alert.sqlite")
    async with database.begin() as connection:
        name = (await connection.execute(text("SELECT current_database()"))).scalar_one()
    return server.url(name).replace("@", f":{server.password}@")


async def test_a_database_is_verified_without_alert_and_who_altered_it_is_found_out(
    database: Database, postgres: Server
) -> None:
    term = await a_term(database)
    for _ in range(3):
        await SqlAuditLog(term).append(_LOOKED)
    url = await _url(database, postgres)
    verifier = ChainVerifier()
    async with stored_audit(url) as stored:
        async for entry in stored:
            verifier.take(entry)
    assert verifier.conclude().head == term.audit_head

    async with database.begin() as connection:
        if database.folder is not None:
            await connection.execute(text("DROP TRIGGER audit_refuses_delete"))
        else:
            await connection.execute(text("DROP TRIGGER audit_is_only_added_to ON audit"))
        await connection.execute(text("DELETE FROM audit WHERE number = 2"))
    verifier = ChainVerifier()
    async with stored_audit(url) as stored:
        async for entry in stored:
            verifier.take(entry)
    with pytest.raises(Refuted, match=r"^entry 2 was dropped"):
        verifier.conclude()


async def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    missing = tmp_path / "alert.sqlite"
    with pytest.raises(DatabaseUnusable, match="there is no database in"):
        async with stored_audit(sqlite_url(missing)):
            pass
    assert not missing.exists()


async def test_deeds_that_come_together_are_each_of_whoever_did_them(database: Database) -> None:
    term = await a_term(database)
    audit = SqlAuditLog(term)
    bob = Actor("bob", ("operator",))

    async def done_by(actor: Actor) -> None:
        with acting_as(actor):
            await audit.append(_LOOKED)

    await asyncio.gather(audit.append(_LOOKED), *(done_by(each) for each in (ANN, bob, ANN)))
    told = await said(audit)
    assert [each["who"] for each in told] == ["alert-1", "ann", "bob", "ann"]
    assert (await verify(audit)).head == term.audit_head
