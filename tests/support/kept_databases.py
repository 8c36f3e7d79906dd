"""Databases that alert keeps its log in, as whoever runs them sees them: files and backups."""

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import asyncpg
from tools.postgres import Server

from lethe.alert.database import sqlite_url

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "back-up-and-restore.md"


class KeptDatabase(Protocol):
    """A database, or a backup of one that can be asked like one."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Settings with which alert uses it."""
        ...

    @property
    def folder(self) -> Path:
        """Every file of it, write-ahead log included, lies below."""
        ...

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query gives."""
        ...

    async def back_up(self, folder: Path) -> "KeptDatabase":
        """Do as the how-to says, into a folder; nobody else uses the database meanwhile."""
        ...

    async def restore(self, backup: "KeptDatabase") -> None:
        """Do as the how-to says."""
        ...


@dataclass(frozen=True, slots=True)
class Sqlite:
    """A file of its own."""

    file: Path

    @property
    def environment(self) -> Mapping[str, str]:
        return {"LETHE_DATABASE_URL": sqlite_url(self.file)}

    @property
    def folder(self) -> Path:
        return self.file.parent

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute(query).fetchall()

    async def back_up(self, folder: Path) -> "Sqlite":
        copied = folder / "yesterday.sqlite"
        with (
            closing(sqlite3.connect(self.file)) as source,
            closing(sqlite3.connect(copied)) as copy,
        ):
            source.backup(copy)
        return Sqlite(copied)

    async def restore(self, backup: KeptDatabase) -> None:
        assert isinstance(backup, Sqlite)
        for file in self.folder.iterdir():
            file.unlink()
        self.file.write_bytes(backup.file.read_bytes())
        with closing(sqlite3.connect(self.file)) as connection:
            connection.execute(_renaming("randomblob"))
            connection.commit()


@dataclass(frozen=True, slots=True)
class Postgres:
    """One database of a server.

    Attributes
    ----------
    dump
        Where this is a backup: the file that `pg_dump` wrote, which the database was made of.
    """

    server: Server = field(repr=False)
    name: str
    dump: Path | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        url = self.server.url(self.name)
        return {"LETHE_DATABASE_URL": url, "LETHE_DATABASE_PASSWORD": self.server.password}

    @property
    def folder(self) -> Path:
        return self.server.data

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = await self._connect()
        try:
            return [tuple(row.values()) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    async def back_up(self, folder: Path) -> "Postgres":
        # What is new stands in the write-ahead log alone, where a page's header may cut it in two.
        await self.rows("CHECKPOINT")
        dump = folder / "yesterday.dump"
        self.server.run("pg_dump", "--format=custom", f"--file={dump}", self.name)
        copy = Postgres(self.server, f"{self.name}_yesterday", dump)
        self.server.create_database(copy.name)
        self.server.run("pg_restore", f"--dbname={copy.name}", str(dump))
        return copy

    async def restore(self, backup: KeptDatabase) -> None:
        assert isinstance(backup, Postgres)
        assert backup.dump is not None
        self.server.run("dropdb", self.name)
        self.server.create_database(self.name)
        self.server.run("pg_restore", f"--dbname={self.name}", str(backup.dump))
        await self.rows(_renaming("md5"))

    async def _connect(self) -> Any:
        server = self.server
        return await asyncpg.connect(
            host="127.0.0.1",
            port=server.port,
            user=server.user,
            password=server.password,
            database=self.name,
        )


def _renaming(function: str) -> str:
    """Return the statement of the how-to that gives a log another name."""
    statements = re.findall(r"```sql\n\s+(.+?)\n", HOW_TO.read_text(encoding="utf-8"))
    (statement,) = [each for each in statements if function in each]
    return str(statement)
