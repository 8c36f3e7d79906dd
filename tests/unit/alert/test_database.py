from pathlib import Path

import pytest
from sqlalchemy import text
from tests.support.alert_drafts import draft
from tests.support.databases import a_term

from lethe.alert.database import Database, sqlite_url
from lethe.alert.errors import DatabaseUnavailable, DatabaseUnusable
from lethe.alert.log import SqlAlertLog
from lethe.alert.vault import SealedBlob


async def test_deleted_content_is_wiped_and_foreign_keys_hold(tmp_path: Path) -> None:
    database = await Database.open(sqlite_url(tmp_path / "alert.sqlite"))
    async with database.begin() as connection:
        pragmas = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("secure_delete", "foreign_keys", "journal_mode")
        ]
    assert pragmas == [1, 1, "wal"]
    await database.close()


async def test_what_was_committed_is_there_after_a_restart(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "alert.sqlite")
    for expected in (1, 2):
        database = await Database.open(url)
        log = SqlAlertLog(await a_term(database))
        appended = await log.append(draft(f"alert-{expected}"), f"search-{expected}", None)
        assert appended.sequence == expected
        await database.close()


async def test_the_database_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    database = await Database.open(sqlite_url(tmp_path / "new" / "alert.sqlite"))
    modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "new").iterdir()}
    await database.close()
    assert "alert.sqlite-wal" in modes
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("place", ["file/alert.sqlite", "folder"])
async def test_a_place_that_cannot_be_written_is_said_in_one_line(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DatabaseUnusable, match="name a place that can be written") as raised:
        await Database.open(sqlite_url(tmp_path / place))
    assert "\n" not in str(raised.value)


async def test_a_file_that_is_no_database_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, but long enough to look at" * 20)
    with pytest.raises(DatabaseUnusable, match="file is not a database"):
        await Database.open(sqlite_url(tmp_path / "notes.txt"))


@pytest.mark.parametrize("url", ["", "nonsense", "nothing://host/name"])
async def test_a_url_that_is_not_understood_is_said_in_one_line(url: str) -> None:
    with pytest.raises(DatabaseUnusable, match="isn't understood"):
        await Database.open(url)


async def test_a_refused_statement_is_transient_and_quotes_no_content(tmp_path: Path) -> None:
    database = await Database.open(sqlite_url(tmp_path / "alert.sqlite"))
    log = SqlAlertLog(await a_term(database))
    await log.append(draft("a"), "search-a", SealedBlob(b"nonce", b"secret"))
    with pytest.raises(DatabaseUnavailable) as raised:
        await log.append(draft("a"), "search-b", SealedBlob(b"nonce", b"secret"))
    assert str(raised.value) == "the database didn't take a statement (IntegrityError)"
    assert raised.value.__suppress_context__
    await database.close()
