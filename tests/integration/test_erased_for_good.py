"""A false alert can't be opened from anything that is left: not from the broker's records, the
database with its write-ahead log, the key store, what the disk keeps of it, or yesterday's backup.
"""

import re
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.alert_desk import CROP
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

from lethe.alert.vault import SealedBlob
from lethe.contracts.live import CandidatesFound
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.topics import CANDIDATES_FOUND

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "back-up-and-restore.md"


@pytest.fixture
async def alerts(broker: str, tmp_path: Path) -> AsyncIterator[RunningAlerts]:
    async with running_alerts(broker, tmp_path, ("alert-1",)) as alerts:
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


def back_up(database: Path, target: Path) -> None:
    """Do as the how-to says: SQLite's own backup, of a database in use."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def picture_of(database: Path, alert_id: str) -> SealedBlob:
    statement = "SELECT nonce, ciphertext FROM pictures WHERE alert_id = ?"
    with closing(sqlite3.connect(database)) as connection:
        return SealedBlob(*connection.execute(statement, (alert_id,)).fetchone())


def transit_keys_of(database: Path, alert_id: str) -> list[str]:
    statement = (
        "SELECT transit_key_id FROM searches JOIN alerts ON sequence = alert_sequence "
        "WHERE alert_id = ?"
    )
    with closing(sqlite3.connect(database)) as connection:
        return [key_id for (key_id,) in connection.execute(statement, (alert_id,))]


def secret_of(alerts: RunningAlerts, alert_id: str) -> Secret:
    keys = alerts.folder / "keys"
    (transit,) = transit_keys_of(alerts.database, alert_id)
    return Secret(
        (keys / f"alert-{alert_id}").read_bytes()[:KEY_BYTES],
        (keys / f"transit-{transit}").read_bytes()[:KEY_BYTES],
    )


def candidate_lists(records: list[bytes]) -> list[CandidatesFound]:
    return [CandidatesFound.decode(SignedEnvelope.decode(r).payload) for r in records]


async def test_a_false_alert_is_opened_by_no_key_that_is_left_anywhere(
    alerts: RunningAlerts, broker: str, tmp_path: Path
) -> None:
    leader, keys = await alerts.leader(), alerts.folder / "keys"
    await alerts.publish(2)
    false, true = [alert["alert_id"] for alert in await alerts.shown(leader)]
    secret = secret_of(alerts, false)
    yesterday = tmp_path / "yesterday.sqlite"
    back_up(alerts.database, yesterday)

    with kept(keys) as remnants, reading_topic(broker, CANDIDATES_FOUND) as records:
        assert opened(yesterday, false, remnants.read()) == {CROP}, "the attack misses"
        assert crops(records, remnants.read()) == [{CROP}, {CROP}], "the attack misses"
        loot = files_below(tmp_path)
        assert holding(loot, secret.data_key) == {str(keys / f"alert-{false}")}
        assert len(holding(loot, secret.transit_key)) == 1

        answer = await alerts.adjudicate_as_false(leader, false)
        assert answer["erased"]
        assert (await alerts.probe(leader, false)).status_code == 410
        (transit,) = transit_keys_of(yesterday, false)
        await until(lambda: not (keys / f"transit-{transit}").exists())

        loot = files_below(tmp_path) | {f"record {n}": r for n, r in enumerate(records)}
        left = [*remnants.read(), *files_below(keys).values()]
        assert opened(yesterday, false, left) == set()
        assert crops(records, left) == [set(), set()]
        for lost in (secret.data_key, secret.transit_key):
            assert holding(loot, lost) == set()
        assert opened(yesterday, true, left) == {CROP}, "another alert's key went with it"
    assert (await alerts.probe(leader, true)).content == CROP


def opened(database: Path, alert_id: str, contents: list[bytes]) -> set[bytes]:
    blob = picture_of(database, alert_id)
    return set(pictures_opened(blob, f"probe:{alert_id}", keys_within(contents)))


def crops(records: list[bytes], contents: list[bytes]) -> list[set[bytes]]:
    keys = keys_within(contents)
    return [set(crops_opened(found, keys)) for found in candidate_lists(records)]


async def test_a_restored_backup_opens_what_lives_and_brings_back_nothing_that_was_erased(
    alerts: RunningAlerts, tmp_path: Path
) -> None:
    (child,) = alerts.children
    leader, keys = await alerts.leader(), alerts.folder / "keys"
    await alerts.publish(2)
    false, true = [alert["alert_id"] for alert in await alerts.shown(leader)]
    yesterday = tmp_path / "yesterday.sqlite"
    back_up(alerts.database, yesterday)
    await alerts.adjudicate_as_false(leader, false)
    await alerts.publish(1)
    await alerts.shown(leader)

    send(child, signal.SIGTERM)
    await until(lambda: child.pid is None)
    restore(yesterday, alerts.database)
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


def restore(backup: Path, database: Path) -> None:
    """Do as the how-to says."""
    for file in database.parent.iterdir():
        file.unlink()
    database.write_bytes(backup.read_bytes())
    statements = re.findall(r"```sql\n\s+(.+?)\n", HOW_TO.read_text(encoding="utf-8"))
    (for_sqlite,) = [each for each in statements if "randomblob" in each]
    with closing(sqlite3.connect(database)) as connection:
        before = connection.execute("SELECT log_id, term FROM leadership").fetchone()
        connection.execute(for_sqlite)
        connection.commit()
        after = connection.execute("SELECT log_id, term FROM leadership").fetchone()
    assert after[0] != before[0]
    assert after[1] > before[1]
