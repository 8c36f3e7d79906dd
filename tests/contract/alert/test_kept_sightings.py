"""Sightings that an order has kept: in every kind of alert log, and in no row after the erasure."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text, update
from tests.support.alert_desk import CROP, EPOCH_US, ManualClock, candidates_found, instant
from tests.support.alert_drafts import draft
from tests.support.databases import a_term
from tests.support.keyrings import keyring_in

from lethe.alert.alert_log import AlertLog
from lethe.alert.alerts import AlertTerms
from lethe.alert.database import Database
from lethe.alert.hub import AlertHub
from lethe.alert.judgements import Adjudication
from lethe.alert.log import SqlAlertLog
from lethe.alert.raising import AlertDesk
from lethe.alert.sightings import MOST_KEPT
from lethe.alert.tables import alerts, metadata
from lethe.alert.vault import Vault
from lethe.contracts.adjudication import Capacity, Verdict

KEEPS = AlertTerms(keeps_sightings=True)


async def test_they_are_kept_in_their_order_of_alerts_that_have_some(log: AlertLog) -> None:
    kept = await log.append(replace(draft("a"), kept_sightings=(500,)), "search-a", None)
    other = await log.append(draft("b"), "search-b", None)
    assert (await log.attach(kept, "search-c", 900)).kept_sightings == (500, 900)
    assert (await log.attach(kept, "search-d", 700)).kept_sightings == (500, 700, 900)
    assert (await log.attach(other, "search-e", 900)).kept_sightings is None
    assert [each.kept_sightings for each in await log.after(0, 9)] == [(500, 700, 900), None]


async def test_no_more_are_kept_than_are_said(log: AlertLog) -> None:
    alert = await log.append(replace(draft("a"), kept_sightings=(0,)), "search", None)
    for number in range(1, MOST_KEPT + 5):
        alert = await log.attach(alert, f"search-{number}", number)
    assert alert.kept_sightings == tuple(range(5, MOST_KEPT + 5))
    assert alert.sightings == MOST_KEPT + 5


async def test_an_erased_alert_has_none_and_gets_none(log: AlertLog) -> None:
    alert = await log.append(replace(draft("a"), kept_sightings=(500,)), "search-a", None)
    await log.mark_erased([alert], 1000)
    assert (await log.after(0, 1))[0].kept_sightings is None
    assert (await log.attach(alert, "search-b", 900)).kept_sightings is None


async def test_in_no_row_is_anything_left_of_them(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    vault = Vault(keyring_in(tmp_path_factory.mktemp("keys"), ManualClock()))
    term = await a_term(database)
    log, hub = SqlAlertLog(term), AlertHub(term.log_id, term.number)
    desk = AlertDesk(log, hub, vault, ManualClock(), _retire, cool_down_s=60)
    for ms in (0, 100, 200):
        await desk.receive(candidates_found(f"at-{ms}", at_ms=ms), CROP, KEEPS)
    [alert] = await log.after(0, 9)
    # Of the three one stands nowhere else: the others are the alert's own times.
    assert alert.kept_sightings == tuple(EPOCH_US + ms * 1000 for ms in (0, 100, 200))
    between = str(instant(100).wall_us)
    assert await _rows_with(database, between) == 1
    decision = Adjudication(
        Verdict.FALSE_ALERT, True, None, "Ames", instant(9_000), Capacity.ENGAGEMENT_OFFICER
    )
    assert (await desk.handling.adjudicate(alert.alert_id, decision)).erased
    assert await _rows_with(database, between) == 0
    async with database.begin() as connection:
        statement = text("SELECT count(*) FROM alerts WHERE kept_sightings IS NULL")
        assert (await connection.execute(statement)).scalar_one() == 1


async def test_what_an_alert_of_before_left_of_an_erased_one_is_removed_at_the_next_start(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    term = await a_term(database)
    log = SqlAlertLog(term)
    gone = await log.append(replace(draft("gone"), kept_sightings=(500,)), "search-a", None)
    await log.append(replace(draft("kept"), kept_sightings=(700,)), "search-b", None)
    # It knew nothing of the column.
    erased = update(alerts).where(alerts.c.alert_id == gone.alert_id)
    async with database.begin() as connection:
        await connection.execute(erased.values(erased_wall_us=1))
    await log.drop_left_over_sightings()
    assert await _kept(database) == {"gone": None, "kept": [700]}
    async with database.begin() as connection:
        await connection.execute(erased.values(kept_sightings=[500]))
    vault = Vault(keyring_in(tmp_path_factory.mktemp("keys"), ManualClock()))
    desk = AlertDesk(log, AlertHub(term.log_id, term.number), vault, ManualClock(), _retire)
    await desk.restore(lambda _: AlertTerms())
    assert (await _kept(database))["gone"] is None


async def _kept(database: Database) -> dict[str, list[int] | None]:
    async with database.begin() as connection:
        rows = await connection.execute(select(alerts))
        return {row["alert_id"]: row["kept_sightings"] for row in rows.mappings()}


async def _retire(_: object) -> None:
    """Nothing was sent under a transit key here."""


async def _rows_with(database: Database, time: str) -> int:
    """Return how many rows of any table hold a time in whatever column."""
    async with database.begin() as connection:
        rows = [
            row
            for table in metadata.sorted_tables
            for row in await connection.execute(select(table))
        ]
    return sum(time in str(tuple(row)) for row in rows)
