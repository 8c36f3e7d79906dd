"""Databases of every kind that alert can keep its log in, for contract tests."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from tests.support.thief import files_below
from tools.postgres import Server

from lethe.alert.database import Database, sqlite_url
from lethe.alert.term import Term

_migrated: list[bytes] = []


async def new_database(folder: Path) -> Database:
    """Open an empty SQLite database, migrated once for all tests of this process."""
    path = folder / "alert.sqlite"
    if not _migrated:
        await (await Database.open(sqlite_url(path))).close()
        _migrated.append(path.read_bytes())
    _write(path, _migrated[0])
    return await Database.open(sqlite_url(path))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


async def open_database(request: pytest.FixtureRequest, kind: str, folder: Path) -> Database:
    """Open an empty database; the server behind `postgresql` is started when first asked for."""
    if kind == "sqlite":
        return await new_database(folder)
    server: Server = request.getfixturevalue("postgres")
    url: str = request.getfixturevalue("postgres_url")
    return await Database.open(url, SecretStr(server.password))


async def a_term(database: Database) -> Term:
    """Lead, so that the database can be written."""
    return await Term.begin(database, "alert-1")


async def files_of(database: Database) -> dict[str, bytes]:
    """Return the content of every file that a database keeps, by its path.

    PostgreSQL is told to write its pages first: a row that is new stands in its write-ahead log
    alone, where it may be cut in two by the header of a page.
    """
    if database.folder is not None:
        return files_below(database.folder)
    async with database.begin() as connection:
        await connection.execute(text("CHECKPOINT"))
        folder = (await connection.execute(text("SHOW data_directory"))).scalar_one()
    return files_below(Path(folder))
