"""Only the newest term writes, in SQLite and in PostgreSQL."""

import asyncio

import pytest
from sqlalchemy import text
from tests.contract.alert.test_watchlist_stores import IMAGE, reference, subject, version
from tests.support.alert_drafts import draft

from lethe.alert.database import Database
from lethe.alert.errors import DatabaseUnavailable, NotLeading
from lethe.alert.log import SqlAlertLog
from lethe.alert.term import Term, leader_of
from lethe.alert.vault import SealedBlob
from lethe.alert.watchlists.sql_shelf import sql_shelf

_STATEMENTS = 200
PICTURE = SealedBlob(b"nonce", b"ciphertext")


async def test_every_taking_over_is_a_term_of_its_own_on_the_same_log(database: Database) -> None:
    assert await leader_of(database) == ""
    first = await Term.begin(database, "alert-1")
    assert await leader_of(database) == "alert-1"
    second = await Term.begin(database, "alert-2")
    assert await leader_of(database) == "alert-2"
    assert second.number > first.number
    assert second.log_id == first.log_id != ""
    assert (await first.is_over(), await second.is_over()) == (True, False)


async def test_of_instances_that_take_over_at_once_exactly_one_leads(database: Database) -> None:
    terms = await asyncio.gather(*(Term.begin(database, f"alert-{n}") for n in range(4)))
    assert len({term.number for term in terms}) == len(terms)
    assert [await term.is_over() for term in terms].count(False) == 1


async def test_who_writes_waits_for_a_turn_and_not_for_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    term = await Term.begin(database, "alert-1")
    log = SqlAlertLog(term)
    async with term.write():
        waiting = asyncio.create_task(log.append(draft("a"), "search-a", PICTURE))
        await asyncio.sleep(0)
        monkeypatch.setattr("lethe.alert.term._TURN_S", 0.01)
        with pytest.raises(DatabaseUnavailable):
            await log.append(draft("b"), "search-b", PICTURE)
    assert (await waiting).sequence == 1
    assert await log.find("b") is None


async def test_an_ex_leader_that_wakes_up_writes_no_alert(database: Database) -> None:
    before = SqlAlertLog(await Term.begin(database, "alert-1"))
    known = await before.append(draft("a"), "search-a", PICTURE)
    after = SqlAlertLog(await Term.begin(database, "alert-2"))

    refused = [
        before.append(draft("b"), "search-b", PICTURE),
        before.attach(known, "search-b", 900),
        before.mark_published(known),
        before.mark_erased([known], 1000),
        before.unerased_ids(),
    ]
    for write in refused:
        with pytest.raises(NotLeading):
            await write

    assert await after.after(0, 10) == [known]
    assert await after.of_search("search-b") is None
    assert await after.picture("a") == PICTURE
    assert await after.append(draft("b"), "search-b", PICTURE) == await before.find("b")


async def test_an_ex_leader_that_wakes_up_changes_no_watchlist(database: Database) -> None:
    before = sql_shelf(await Term.begin(database, "alert-1"))
    await before.versions.add(version())
    await before.entries.add("watchlist-1", [subject()], [])
    person = await before.subjects.find("watchlist-1", "subject-1")
    assert person is not None
    [known] = await before.entries.add("watchlist-1", [], [(reference("r-1"), IMAGE)])
    after = sql_shelf(await Term.begin(database, "alert-2"))

    refused = [
        before.versions.add(version("watchlist-2")),
        before.versions.change(version(), 1),
        before.versions.freeze("watchlist-1", "hash", {"other": 2}),
        before.entries.add("watchlist-1", [subject("subject-2")], []),
        before.subjects.change(person, 1),
        before.subjects.remove("watchlist-1", "subject-1"),
        before.entries.add("watchlist-1", [], [(reference("r-2", image_sha256="cd" * 32), IMAGE)]),
        before.references.record([known]),
        before.references.remove("r-1"),
    ]
    for write in refused:
        with pytest.raises(NotLeading):
            await write

    assert await after.versions.find("watchlist-1") == version()
    assert await after.versions.all_ids() == ["watchlist-1"]
    assert await after.subjects.after("watchlist-1", 0, 10) == [person]
    assert await after.references.of_watchlist("watchlist-1") == [known]


async def test_a_transaction_that_began_before_the_taking_over_is_whole_or_refused(
    database: Database,
) -> None:
    before = await Term.begin(database, "alert-1")
    async with before.write() as connection:
        taking_over = asyncio.create_task(Term.begin(database, "alert-2"))
        for _ in range(_STATEMENTS):
            await connection.execute(text("SELECT 1"))
        assert not taking_over.done(), "it didn't wait for what was under way"
    assert not await (await taking_over).is_over()
    with pytest.raises(NotLeading):
        async with before.write():
            pass
