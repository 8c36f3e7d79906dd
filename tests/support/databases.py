"""Databases of every kind that alert can keep its log in, for contract tests."""

from pathlib import Path

import pytest
from pydantic import SecretStr
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
