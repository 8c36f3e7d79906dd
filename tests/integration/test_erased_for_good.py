"""A false alert can't be opened from anything that is left: not from the broker's records, the
database with its write-ahead log, the key store, what the disk keeps of it, or yesterday's backup.
"""

import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.alert_desk import CROP
from tests.support.kept_databases import KeptDatabase, Postgres, Sqlite
from tests.support.processes import send, until
from tests.support.readers import reading_topic
from tests.support.running_alerts import RunningAlerts, running_alerts
from tests.support.thief import (
    KEY_BYTES,
    Remnants,
    crops_opened,
    files_below,
    holding,
    keys_within,
    pictures_opened,
)
from tools.postgres import Server, running_postgres

from lethe.alert.vault import SealedBlob
from lethe.contracts.live import CandidatesFound
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.topics import CANDIDATES_FOUND


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> KeptDatabase:
    """Give what alert keeps its log in, a database of each kind."""
    if request.param == "sqlite":
        return Sqlite(tmp_path / "alert" / "database" / "alerts.sqlite")
    server: Server = request.getfixturevalue("postgres")
    # One for each test: the name is that of its own folder.
    name = tmp_path.name.replace("-", "_").lower()
    server.create_database(name)
    return Postgres(server, name)


@pytest.fixture
async def alerts(
    broker: str, tmp_path: Path, database: KeptDatabase
) -> AsyncIterator[RunningAlerts]:
    async with running_alerts(broker, tmp_path, ("alert-1",), database.environment) as alerts:
        yield alerts


@contextmanager
def kept(folder: Path) -> Iterator[Remnants]:
    remnants = Remnants(folder)
    try:
        yield remnants
    finally:
        remnants.close()


@dataclass
class Secret:
    """The keys of one alert, read while it could still be opened."""

    data_key: bytes
    transit_key: bytes


async def picture_of(database: KeptDatabase, alert_id: str) -> SealedBlob:
    rows = await database.rows("SELECT alert_id, nonce, ciphertext FROM pictures")
    return next(SealedBlob(*blob) for name, *blob in rows if name == alert_id)


async def transit_key_of(database: KeptDatabase, alert_id: str) -> str:
    rows = await database.rows(
        "SELECT alert_id, transit_key_id FROM searches JOIN alerts ON sequence = alert_sequence"
    )
    return str(dict(rows)[alert_id])


async def secret_of(alerts: RunningAlerts, database: KeptDatabase, alert_id: str) -> Secret:
    keys = alerts.folder / "keys"
    transit = await transit_key_of(database, alert_id)
    return Secret(
        (keys / f"alert-{alert_id}").read_bytes()[:KEY_BYTES],
        (keys / f"transit-{transit}").read_bytes()[:KEY_BYTES],
    )


def candidate_lists(records: list[bytes]) -> list[CandidatesFound]:
    return [CandidatesFound.decode(SignedEnvelope.decode(r).payload) for r in records]


async def test_a_false_alert_is_opened_by_no_key_that_is_left_anywhere(
    alerts: RunningAlerts, database: KeptDatabase, broker: str, tmp_path: Path
) -> None:
    leader, keys = await alerts.leader(), alerts.folder / "keys"
    await alerts.publish(2)
    false, true = [alert["alert_id"] for alert in await alerts.shown(leader)]
    secret = await secret_of(alerts, database, false)
    yesterday = await database.back_up(tmp_path)

    with kept(keys) as remnants, reading_topic(broker, CANDIDATES_FOUND) as records:
        assert await opened(yesterday, false, remnants.read()) == {CROP}, "the attack misses"
        assert crops(records, remnants.read()) == [{CROP}, {CROP}], "the attack misses"
        loot = files_below(tmp_path, database.folder)
        picture = (await picture_of(yesterday, false)).ciphertext
        assert holding(loot, picture), "the attack doesn't see what the database writes"
        assert holding(loot, secret.data_key) == {str(keys / f"alert-{false}")}
        assert len(holding(loot, secret.transit_key)) == 1

        answer = await alerts.adjudicate_as_false(leader, false)
        assert answer["erased"]
        assert (await alerts.probe(leader, false)).status_code == 410
        transit = await transit_key_of(yesterday, false)
        await until(lambda: not (keys / f"transit-{transit}").exists())

        loot = files_below(tmp_path, database.folder) | {
            f"record {n}": r for n, r in enumerate(records)
        }
        left = [*remnants.read(), *files_below(keys).values()]
        assert await opened(yesterday, false, left) == set()
        assert crops(records, left) == [set(), set()]
        for lost in (secret.data_key, secret.transit_key):
            assert holding(loot, lost) == set()
        assert await opened(yesterday, true, left) == {CROP}, "another alert's key went with it"
    assert (await alerts.probe(leader, true)).content == CROP


async def opened(database: KeptDatabase, alert_id: str, contents: list[bytes]) -> set[bytes]:
    blob = await picture_of(database, alert_id)
    return set(pictures_opened(blob, f"probe:{alert_id}", keys_within(contents)))


def crops(records: list[bytes], contents: list[bytes]) -> list[set[bytes]]:
    keys = keys_within(contents)
    return [set(crops_opened(found, keys)) for found in candidate_lists(records)]


async def test_a_restored_backup_opens_what_lives_and_brings_back_nothing_that_was_erased(
    alerts: RunningAlerts, database: KeptDatabase, tmp_path: Path
) -> None:
    (child,) = alerts.children
    leader, keys = await alerts.leader(), alerts.folder / "keys"
    await alerts.publish(2)
    false, true = [alert["alert_id"] for alert in await alerts.shown(leader)]
    yesterday = await database.back_up(tmp_path)
    await alerts.adjudicate_as_false(leader, false)
    await alerts.publish(1)
    await alerts.shown(leader)

    send(child, signal.SIGTERM)
    await until(lambda: child.pid is None)
    ((log_before, term_before),) = await database.rows("SELECT log_id, term FROM leadership")
    await database.restore(yesterday)
    ((log_after, term_after),) = await database.rows("SELECT log_id, term FROM leadership")
    assert log_after != log_before
    assert term_after > term_before
    await child.start()
    child.ready = True
    leader = await alerts.leader()

    restored = await alerts.alerts(leader)
    assert [(a["alert_id"], a["erased"]) for a in restored] == [(false, True), (true, False)]
    assert (await alerts.probe(leader, false)).status_code == 410
    assert (await alerts.probe(leader, true)).content == CROP
    assert [file.name for file in keys.glob("alert-*")] == [f"alert-{true}"]
    await alerts.publish(1)
    await until(lambda: len(list(keys.glob("alert-*"))) == 2)
