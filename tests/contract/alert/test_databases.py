"""What opening a database does, in SQLite and in PostgreSQL."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.support.alert_drafts import draft
from tests.support.databases import a_term
from tools.postgres import Server

from lethe.alert.database import Database, sqlite_url
from lethe.alert.errors import DatabaseUnusable
from lethe.alert.log import SqlAlertLog
from lethe.alert.migrations import newest_version
from lethe.alert.tables import metadata


def differences(connection: Connection) -> list[object]:
    """Return in what the tables of a database differ from those that the code states."""
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_the_migrations_make_the_tables_that_the_code_states(database: Database) -> None:
    async with database.begin() as connection:
        assert await connection.run_sync(differences) == []
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert set(tables) == {*metadata.tables, "alembic_version"}


async def test_tables_from_before_there_were_versions_are_taken_over(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "alert.sqlite")
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        known = text("INSERT INTO watchlists (watchlist_id, key_name) VALUES ('w', 'k')")
        await connection.execute(known)
    await engine.dispose()
    database = await Database.open(url)
    async with database.begin() as opened:
        assert await opened.run_sync(differences) == []
        kept = (await opened.execute(text("SELECT key_name FROM watchlists"))).scalar_one()
    assert kept == "k"
    await database.close()


async def test_what_was_committed_is_there_when_it_is_opened_again(
    postgres: Server, postgres_url: str
) -> None:
    for expected in (1, 2):
        database = await Database.open(postgres_url, SecretStr(postgres.password))
        log = SqlAlertLog(await a_term(database))
        appended = await log.append(draft(f"alert-{expected}"), f"search-{expected}", None)
        assert appended.sequence == expected
        await database.close()


async def test_instances_that_start_at_once_migrate_one_after_another(
    postgres: Server, postgres_url: str
) -> None:
    password = SecretStr(postgres.password)
    opened = await asyncio.gather(*(Database.open(postgres_url, password) for _ in range(4)))
    async with opened[0].begin() as connection:
        versions = (await connection.execute(text("SELECT * FROM alembic_version"))).all()
    assert len(versions) == 1
    for database in opened:
        await database.close()


async def test_a_password_may_stand_in_the_url_as_well(postgres: Server, postgres_url: str) -> None:
    at = postgres_url.replace("@", f":{postgres.password}@")
    await (await Database.open(at)).close()


async def test_a_wrong_password_is_said_in_one_line_without_it(postgres_url: str) -> None:
    with pytest.raises(DatabaseUnusable, match="password authentication failed") as raised:
        await Database.open(postgres_url, SecretStr("wrong horse"))
    told = str(raised.value)
    assert "wrong horse" not in told
    assert "\n" not in told


async def test_a_server_that_does_not_answer_is_said_in_one_line() -> None:
    with pytest.raises(DatabaseUnusable, match="can't write the database postgresql") as raised:
        await Database.open("postgresql+asyncpg://lethe@127.0.0.1:1/lethe")
    assert "\n" not in str(raised.value)


async def test_a_server_that_was_started_again_is_noticed_before_a_statement_is_lost(
    postgres: Server, postgres_url: str
) -> None:
    password = SecretStr(postgres.password)
    database = await Database.open(postgres_url, password)
    log = SqlAlertLog(await a_term(database))
    assert await log.count() == 0
    another = await Database.open(postgres_url, password)
    end_all = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with another.begin() as connection:
        assert (await connection.execute(end_all)).scalar_one() >= 1
    assert await log.count() == 0
    await another.close()
    await database.close()


async def test_a_database_of_the_newest_version_is_opened_without_alembic(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "alert.sqlite")
    await (await Database.open(url)).close()
    opening = (
        "import asyncio, sys; from lethe.alert.database import Database; "
        f"asyncio.run(Database.open({url!r})); "
        "print('alembic' in sys.modules, 'asyncpg' in sys.modules)"
    )
    told = await asyncio.create_subprocess_exec(sys.executable, "-c", opening, stdout=PIPE)
    output, _ = await told.communicate()
    assert (told.returncode, output.split()) == (0, [b"False", b"False"])


async def test_the_newest_version_is_the_one_that_alembic_ends_at(database: Database) -> None:
    async with database.begin() as connection:
        version = (await connection.execute(text("SELECT * FROM alembic_version"))).scalar_one()
    assert version == newest_version()
