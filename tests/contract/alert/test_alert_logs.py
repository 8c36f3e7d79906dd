"""One suite for the alert log in memory, on which unit tests stand, and the one in SQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import TextClause, text
from tests.support.alert_desk import MemoryAlertLog, instant
from tests.support.databases import a_term, open_database
from tools.postgres import Server

from lethe.alert.alert_log import AlertLog
from lethe.alert.alert_tally import AlertTally
from lethe.alert.alerts import Alert
from lethe.alert.database import Database
from lethe.alert.errors import DatabaseUnavailable
from lethe.alert.judgements import Adjudication, Judgements, Mark
from lethe.alert.log import SqlAlertLog
from lethe.alert.vault import SealedBlob
from lethe.contracts.adjudication import Capacity, Outcome, Verdict
from lethe.contracts.headings import Heading
from lethe.contracts.live import Candidate
from lethe.contracts.orders import OrderType

PICTURE = SealedBlob(b"nonce", b"ciphertext")
FIGURE = SealedBlob(b"nonce of", b"an upper body")


def draft(alert_id: str, subject_id: str = "subject-1", *, erase_at_wall_us: int = 1000) -> Alert:
    return Alert(
        sequence=0,
        alert_id=alert_id,
        deployment_id="deployment-1",
        order_type=OrderType.LOCAL,
        camera_id="entrance",
        watchlist_id="watchlist-1",
        subject_id=subject_id,
        reference_id="reference-1",
        score=0.8125,
        cosine=0.6,
        threshold=0.6,
        captured=instant(0),
        decided=instant(80),
        published=None,
        candidates=(Candidate(subject_id="s", reference_id="r", score=0.7, cosine=0.5),),
        sightings=1,
        last_sighting_wall_us=500,
        erase_at_wall_us=erase_at_wall_us,
    )


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AlertLog]:
    if request.param == "memory":
        yield MemoryAlertLog()
        return
    database = await open_database(request, request.param, tmp_path)
    yield SqlAlertLog(await a_term(database))
    await database.close()


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


OFFICER, OPERATOR = Capacity.ENGAGEMENT_OFFICER, Capacity.OPERATOR


def adjudication(
    verdict: Verdict = Verdict.FALSE_ALERT, officer: str = "Ames", capacity: Capacity = OFFICER
) -> Adjudication:
    return Adjudication(verdict, True, Outcome.NO_ACTION, officer, instant(5_000), capacity)


async def test_who_saw_an_alert_and_who_is_going_is_recorded(log: AlertLog) -> None:
    alert = await log.append(draft("a"), "search-a", None)
    await log.append(draft("b"), "search-b", None)
    seen = replace(alert, acknowledged=Mark("Ames", instant(1)), version=1)
    going = replace(seen, claim=Mark("Birch", instant(2)), version=2)
    for handled in (seen, going):
        await log.mark_handled(handled)
        assert await log.find("a") == handled
    assert [each.version for each in await log.after(0, 9)] == [2, 0]


async def test_each_capacity_has_its_latest_adjudication(log: AlertLog) -> None:
    alert = await log.append(draft("a"), "search-a", None)
    await log.adjudicate(alert, adjudication(capacity=OPERATOR))
    await log.adjudicate(alert, adjudication(Verdict.TRUE_ALERT, "Birch"))
    both = await log.adjudicate(alert, adjudication(Verdict.TRUE_ALERT, "Cole", OPERATOR))
    assert both.version == 3
    assert both.judgements == Judgements(
        replace(adjudication(Verdict.TRUE_ALERT, "Cole", OPERATOR), number=3),
        replace(adjudication(Verdict.TRUE_ALERT, "Birch"), number=2),
    )
    assert await log.find("a") == both


async def test_false_by_an_operator_is_due_only_while_nobody_went_and_no_officer_differs(
    log: AlertLog,
) -> None:
    for name in "abcd":
        alert = await log.append(draft(name), f"search-{name}", PICTURE)
        if name == "b":
            await log.mark_handled(replace(alert, claim=Mark("Birch", instant(2)), version=1))
        if name != "d":
            await log.adjudicate(alert, adjudication(capacity=OPERATOR))
        if name == "c":
            await log.adjudicate(alert, adjudication(Verdict.TRUE_ALERT, "Birch"))
    due = await log.due(0, 9)
    assert [alert.alert_id for alert in due] == ["a"]
    assert [each.alert_id for each in await log.after(0, 9) if each.is_false] == ["a"]


async def test_the_latest_adjudication_of_an_alert_is_told_with_it_everywhere(
    log: AlertLog,
) -> None:
    first = await log.append(draft("a"), "search-a", None)
    await log.append(draft("b"), "search-b", None)
    await log.adjudicate(first, adjudication(Verdict.TRUE_ALERT))
    await log.adjudicate(first, replace(adjudication(officer="Birch"), outcome=None))
    expected = replace(
        first,
        judgements=Judgements(None, replace(adjudication(officer="Birch"), outcome=None, number=2)),
        version=2,
    )
    assert await log.find("a") == expected
    assert await log.of_search("search-a") == expected
    assert [a.adjudication for a in await log.after(0, 9)] == [expected.adjudication, None]
    assert [a.adjudication for a in await log.newest(9)] == [expected.adjudication, None]
    attached = await log.attach(expected, "search-c", 900)
    assert attached == replace(expected, sightings=2, last_sighting_wall_us=900)


async def test_a_false_alert_is_due_at_once_and_a_true_one_when_its_retention_ends(
    log: AlertLog,
) -> None:
    for name, verdict in (("a", Verdict.FALSE_ALERT), ("b", Verdict.TRUE_ALERT)):
        alert = await log.append(draft(name), f"search-{name}", PICTURE)
        await log.adjudicate(alert, adjudication(verdict))
    assert [alert.alert_id for alert in await log.due(0, 9)] == ["a"]
    # What counts is the latest.
    true_before = await log.find("b")
    assert true_before is not None
    await log.adjudicate(true_before, adjudication(Verdict.FALSE_ALERT, "Birch"))
    due = await log.due(0, 9)
    assert [alert.alert_id for alert in due] == ["a", "b"]
    await log.mark_erased(due, 1)
    assert await log.due(0, 9) == []


async def test_adjudications_are_announced_each_as_it_was_and_once_told_no_more(
    log: AlertLog,
) -> None:
    alert = await log.append(draft("a"), "search-a", None)
    first = await log.adjudicate(alert, adjudication(Verdict.TRUE_ALERT))
    second = await log.adjudicate(first, adjudication(Verdict.FALSE_ALERT))
    assert first.adjudication is not None
    assert second.adjudication is not None
    expected = [(second, first.adjudication), (second, second.adjudication)]
    assert await log.unannounced(9) == expected
    assert await log.unannounced(1) == expected[:1]
    await log.mark_announced(second, first.adjudication)
    assert await log.unannounced(9) == expected[1:]


async def test_alerts_are_counted_by_what_became_of_them(log: AlertLog) -> None:
    assert await log.tallies() == {}
    fates = {
        "open": [],
        "erased": [],
        "true": [adjudication(Verdict.TRUE_ALERT)],
        "false": [adjudication(Verdict.TRUE_ALERT), adjudication(Verdict.FALSE_ALERT)],
        "elsewhere": [],
        "claimed": [replace(adjudication(Verdict.FALSE_ALERT), capacity=Capacity.OPERATOR)],
    }
    for name, made in fates.items():
        deployment_id = "other" if name == "elsewhere" else "deployment-1"
        drafted = replace(draft(name), deployment_id=deployment_id)
        alert = await log.append(drafted, f"search-{name}", None)
        if name == "claimed":
            await log.mark_handled(replace(alert, claim=Mark("Ames", instant(1))))
        for each in made:
            alert = await log.adjudicate(alert, each)
        if name in ("erased", "true", "false"):
            await log.mark_erased([alert], 1)
    assert await log.tallies() == {
        "deployment-1": AlertTally(open=2, true=1, false=1, unresolved=1),
        "other": AlertTally(open=1),
    }


async def test_false_alerts_are_counted_by_deployment_while_they_count_as_false(
    log: AlertLog,
) -> None:
    assert await log.false_alerts() == {}
    for name in ("a", "b", "c"):
        deployment_id = "other" if name == "c" else "deployment-1"
        drafted = replace(draft(name), deployment_id=deployment_id)
        alert = await log.append(drafted, f"search-{name}", None)
        await log.adjudicate(alert, adjudication(Verdict.FALSE_ALERT))
    assert await log.false_alerts() == {"deployment-1": 2, "other": 1}
    found = await log.find("a")
    assert found is not None
    await log.adjudicate(found, adjudication(Verdict.TRUE_ALERT))
    await log.mark_erased([found], 1)
    assert await log.false_alerts() == {"deployment-1": 1, "other": 1}


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
    log = SqlAlertLog(term)
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
