"""No file of a database, its write-ahead log included, ever holds what opens an alert."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.support.alert_desk import CROP, ManualClock, candidates_found, instant
from tests.support.databases import a_term
from tests.support.keyrings import keyring_in
from tests.support.thief import KEY_BYTES, files_below, holding, keys_within, pictures_opened

from lethe.alert.database import Database
from lethe.alert.hub import AlertHub
from lethe.alert.judgements import Adjudication
from lethe.alert.log import SqlAlertLog
from lethe.alert.raising import AlertDesk
from lethe.alert.vault import Vault
from lethe.contracts.adjudication import Capacity, Verdict

OFFICER = Capacity.ENGAGEMENT_OFFICER


async def folder_of(database: Database) -> Path:
    """Return where a database keeps its files."""
    if database.folder is not None:
        return database.folder
    async with database.begin() as connection:
        return Path((await connection.execute(text("SHOW data_directory"))).scalar_one())


async def _retire(key_ids: Iterable[str]) -> None:
    assert set(key_ids) == {"transit"}


async def test_the_key_of_an_alert_is_in_no_file_before_or_after_it_was_called_false(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    keys = tmp_path_factory.mktemp("keys")
    vault, term = Vault(keyring_in(keys, ManualClock())), await a_term(database)
    log, hub = SqlAlertLog(term), AlertHub(term.log_id, term.number)
    desk = AlertDesk(log, hub, vault, ManualClock(), _retire)
    alert = await desk.receive(candidates_found("search"), CROP)
    assert alert is not None
    picture = await log.picture(alert.alert_id)
    assert picture is not None
    data_key = (keys / f"alert-{alert.alert_id}").read_bytes()[:KEY_BYTES]
    bound = f"probe:{alert.alert_id}"
    assert list(pictures_opened(picture, bound, [data_key])) == [CROP]
    yesterday = files_below(await folder_of(database))
    assert holding(yesterday, picture.ciphertext), "these aren't the files"

    decision = Adjudication(Verdict.FALSE_ALERT, True, None, "Ames", instant(9_000), OFFICER)
    assert (await desk.handling.adjudicate(alert.alert_id, decision)).erased
    today = files_below(await folder_of(database), keys)

    for loot in (yesterday, today):
        assert holding(loot, data_key) == set()
        assert holding(loot, CROP) == set()
    left = keys_within(files_below(keys).values())
    assert list(pictures_opened(picture, bound, left)) == []
