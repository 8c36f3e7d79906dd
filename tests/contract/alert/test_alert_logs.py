"""One suite for the alert log in memory, on which unit tests stand, and the one in SQL."""

import asyncio
from dataclasses import replace

import pytest
from pydantic import SecretStr
from sqlalchemy import TextClause, text
from tests.support.alert_desk import instant
from tests.support.alert_drafts import draft
from tests.support.databases import a_term
from tools.postgres import Server

from lethe.alert.alert_log import AlertLog
from lethe.alert.database import Database
from lethe.alert.errors import DatabaseUnavailable
from lethe.alert.judgements import Mark
from lethe.alert.log import SqlAlertLog
from lethe.alert.term import Term
from lethe.alert.vault import SealedBlob
from lethe.contracts.headings import Heading

PICTURE = SealedBlob(b"nonce", b"ciphertext")
FIGURE = SealedBlob(b"nonce of", b"an upper body")


async def test_an_appended_alert_is_found_as_it_was(log: AlertLog) -> None:
    appended = await log.append(draft("a"), "search-a", PICTURE)
    assert appended == replace(draft("a"), sequence=1)
    assert await log.find("a") == appended
    assert await log.of_search("search-a") == appended
    assert await log.after(0, 10) == [appended]
    assert await log.picture("a") == PICTURE
    assert await log.count() == 1


async def test_what_is_not_there_is_none(log: AlertLog) -> None:
    assert await log.find("a") is None
    assert await log.of_search("search-a") is None
    assert await log.latest("deployment-1", "entrance", "subject-1") is None
    assert await log.picture("a") is None
    await log.append(draft("a"), "search-a", None)
    assert await log.picture("a") is None


async def test_sequences_rise_and_pages_continue_where_the_last_ended(log: AlertLog) -> None:
    for name in "abcde":
        await log.append(draft(name), f"search-{name}", None)
    assert [a.alert_id for a in await log.after(1, 2)] == ["b", "c"]
    assert [a.alert_id for a in await log.after(3, 9)] == ["d", "e"]
    assert [a.sequence for a in await log.newest(2)] == [4, 5]
    assert [a.sequence for a in await log.newest(2, before=4)] == [2, 3]
    assert [a.sequence for a in await log.newest(9, before=2)] == [1]
    assert await log.newest(9, before=1) == []
    assert await log.newest(9, before=4, deployments=frozenset({"another"})) == []


async def test_the_latest_alert_of_a_subject_on_a_camera_is_its_newest(log: AlertLog) -> None:
    for name, subject in (("a", "subject-1"), ("b", "subject-1"), ("c", "subject-2")):
        await log.append(draft(name, subject), f"search-{name}", None)
    latest = await log.latest("deployment-1", "entrance", "subject-1")
    assert latest is not None
    assert latest.alert_id == "b"
    assert await log.latest("deployment-1", "exit", "subject-1") is None


async def test_an_attached_search_counts_and_never_moves_the_last_sighting_back(
    log: AlertLog,
) -> None:
    alert = await log.append(draft("a"), "search-a", None)
    assert (await log.attach(alert, "search-b", 900)).last_sighting_wall_us == 900
    attached = await log.attach(alert, "search-c", 700)
    assert (attached.sightings, attached.last_sighting_wall_us) == (3, 900)
    assert await log.of_search("search-c") == attached
    assert await log.find("a") == attached


async def test_the_latest_sighting_that_tells_it_says_where_somebody_was_going(
    log: AlertLog,
) -> None:
    alert = await log.append(replace(draft("a"), heading=Heading.LEFT), "search-a", None)
    assert (await log.attach(alert, "search-b", 900, heading=Heading.AWAY)).heading is Heading.AWAY
    assert (await log.attach(alert, "search-c", 700, heading=Heading.LEFT)).heading is Heading.AWAY
    assert (await log.attach(alert, "search-d", 950)).heading is Heading.AWAY
    assert (await log.after(0, 1))[0].heading is Heading.AWAY
    await log.mark_erased([alert], 1000)
    assert (await log.after(0, 1))[0].heading is None


async def test_the_picture_of_the_upper_body_goes_with_that_of_the_face(log: AlertLog) -> None:
    alert = await log.append(draft("a"), "search-a", PICTURE, figure=FIGURE)
    await log.append(draft("b"), "search-b", PICTURE)
    assert (await log.figure("a"), await log.picture("a")) == (FIGURE, PICTURE)
    assert await log.figure("b") is None
    await log.mark_erased([alert], 1000)
    assert await log.figure("a") is None


async def test_publication_is_recorded(log: AlertLog) -> None:
    alert = await log.append(draft("a"), "search-a", None)
    published = replace(alert, published=instant(120))
    await log.mark_published(published)
    assert await log.find("a") == published


async def test_alerts_are_due_once_and_lose_their_pictures(log: AlertLog) -> None:
    first = await log.append(draft("a", erase_at_wall_us=1000), "search-a", PICTURE)
    await log.append(draft("b", erase_at_wall_us=1001), "search-b", PICTURE)
    assert await log.pictured_ids() == {"a", "b"}
    assert await log.due(999, 10) == []
    assert await log.due(1000, 10) == [first]

    await log.mark_erased([first], 1000)

    assert await log.due(1000, 10) == []
    assert await log.picture("a") is None
    assert await log.picture("b") == PICTURE
    assert await log.find("a") == replace(first, erased_wall_us=1000)
    assert await log.unerased_ids() == {"b"}
    assert await log.pictured_ids() == {"b"}


async def test_what_is_erased_is_unreceipted_until_there_is_a_receipt(log: AlertLog) -> None:
    first = await log.append(draft("a"), "search-a", PICTURE)
    second = await log.append(draft("b"), "search-b", PICTURE)
    await log.append(draft("c"), "search-c", PICTURE)
    assert await log.unreceipted(10) == []

    await log.mark_erased([first, second], 1000)
    assert [each.alert_id for each in await log.unreceipted(10)] == ["a", "b"]
    assert [each.alert_id for each in await log.unreceipted(1)] == ["a"]

    await log.mark_receipted({"a"})
    assert [each.alert_id for each in await log.unreceipted(10)] == ["b"]


async def test_who_saw_an_alert_and_who_is_going_is_recorded(log: AlertLog) -> None:
    alert = await log.append(draft("a"), "search-a", None)
    await log.append(draft("b"), "search-b", None)
    seen = replace(alert, acknowledged=Mark("Ames", instant(1)), version=1)
    going = replace(seen, claim=Mark("Birch", instant(2)), version=2)
    for handled in (seen, going):
        await log.mark_handled(handled)
        assert await log.find("a") == handled
    assert [each.version for each in await log.after(0, 9)] == [2, 0]


async def test_a_claim_that_was_handed_back_is_gone_and_the_acknowledgement_stays(
    log: AlertLog,
) -> None:
    alert = await log.append(draft("a"), "search-a", None)
    mark = Mark("Birch", instant(2))
    going = replace(alert, acknowledged=mark, claim=mark, version=1)
    await log.mark_handled(going)
    free = replace(going, claim=None, version=2)
    await log.mark_released(free)
    assert await log.find("a") == free


async def test_the_transit_keys_of_all_searches_of_an_alert_are_known(log: AlertLog) -> None:
    alert = await log.append(draft("a"), "search-a", None, transit_key_id="1-aa")
    await log.append(draft("b"), "search-b", None, transit_key_id="1-bb")
    await log.attach(alert, "search-c", 900, transit_key_id="1-cc")
    await log.attach(alert, "search-d", 900)
    assert await log.transit_key_ids("a") == {"1-aa", "1-cc"}
    assert await log.transit_key_ids("unknown") == set()


async def test_in_sql_a_search_that_is_there_already_changes_nothing(database: Database) -> None:
    log = SqlAlertLog(await a_term(database))
    await log.append(draft("a"), "search", PICTURE)
    with pytest.raises(DatabaseUnavailable):
        await log.append(draft("b"), "search", PICTURE)
    assert await log.count() == 1
    # What was refused leaves at most a gap in the sequence.
    assert (await log.append(draft("c"), "search-c", None)).sequence > 1


async def test_in_postgresql_an_alert_waits_until_the_one_before_it_can_be_read(
    postgres: Server, postgres_url: str
) -> None:
    database = await Database.open(postgres_url, SecretStr(postgres.password))
    term = await a_term(database)
    # The same term with another queue: what the database itself lets nobody do.
    other = Term(database, term.leader, term.number, term.log_id, term.audit_head, lambda: 0)
    log = SqlAlertLog(other)
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with term.write():
        # As far as another request is that has appended and not yet committed.
        appending = asyncio.create_task(log.append(draft("b"), "search-b", None))
        while not await _count(database, waits):
            assert not appending.done()
    assert (await appending).alert_id == "b"
    await database.close()


async def _count(database: Database, statement: TextClause) -> int:
    async with database.begin() as connection:
        return int((await connection.execute(statement)).scalar_one())
