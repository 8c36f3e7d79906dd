"""The database: SQLite in a file by default, anything SQLAlchemy speaks asynchronously by URL."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, Self
from urllib.parse import quote

from pydantic import SecretStr
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from lethe.alert.errors import DatabaseUnavailable, DatabaseUnusable
from lethe.alert.migrations import upgrade

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
)
_FAULTS: tuple[type[Exception], ...] = (DBAPIError, PoolTimeout, OSError)
_CONNECT_S = 5
_STATEMENT_S = 20
_IDLE_MS = 5_000
"""An instance that is paused within a transaction holds up the one that takes over for so long."""


class _Cursor(Protocol):
    def execute(self, statement: str) -> object: ...
    def close(self) -> None: ...


class _DriverConnection(Protocol):
    def cursor(self) -> _Cursor: ...


def sqlite_url(file: Path) -> str:
    """Return the URL of a SQLite database in `file`."""
    return URL.create("sqlite+aiosqlite", database=str(file)).render_as_string()


class Database:
    """An open database whose tables exist. Made by `Database.open`.

    Attributes
    ----------
    folder
        Where its files lie; None if it isn't kept in files of this machine.
    """

    def __init__(
        self, engine: AsyncEngine, faults: tuple[type[Exception], ...], folder: Path | None
    ) -> None:
        self._engine = engine
        self._faults = faults
        self.folder = folder

    @classmethod
    async def open(cls, url: str, password: SecretStr | None = None) -> Self:
        """Connect, and bring the tables to the newest version.

        Parameters
        ----------
        url
            SQLAlchemy's; for SQLite see `sqlite_url`.
        password
            Of the user that the URL names; kept out of the URL, which may be shown.

        Raises
        ------
        DatabaseUnusable
            If the URL isn't understood, or the database can't be opened and written.
        """
        parsed, engine = _connecting(url, password)
        folder = None
        if parsed.get_backend_name() == "sqlite":
            folder = _prepare_sqlite(engine, parsed.database)
        faults = (*_FAULTS, *_driver_faults(parsed))
        try:
            async with engine.begin() as connection:
                await connection.run_sync(upgrade)
        except faults as fault:
            await engine.dispose()
            where = parsed.render_as_string(hide_password=True)
            raise DatabaseUnusable(
                f"can't write the database {where} ({_reason(fault)}); "
                "free or name a place that can be"
            ) from None
        return cls(engine, faults, folder)

    @classmethod
    def look_into(cls, url: str, password: SecretStr | None = None) -> Self:
        """Return a database that is only read: nothing in it is made or changed.

        It is connected to by `begin`; for the parameters see `open`.

        Raises
        ------
        DatabaseUnusable
            If the URL isn't understood, or it is of a SQLite file that isn't there.
        """
        parsed, engine = _connecting(_read_only(url), password)
        return cls(engine, (*_FAULTS, *_driver_faults(parsed)), None)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction; it is committed at the end.

        Raises
        ------
        DatabaseUnavailable
            If the database didn't take it: locked, full, gone, or another instance was first.
            Nothing was changed.
        """
        try:
            async with self._engine.begin() as connection:
                yield connection
        except self._faults as fault:
            # The exception class only: a driver's message may quote content.
            raise DatabaseUnavailable(
                f"the database didn't take a statement ({type(fault).__name__})"
            ) from None


def _connecting(url: str | URL, password: SecretStr | None) -> tuple[URL, AsyncEngine]:
    """Return a URL that is understood, and what connects to it."""
    try:
        parsed = make_url(url)
        secret = password.get_secret_value() if password else parsed.password
        return parsed, _engine(parsed.set(password=secret))
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise DatabaseUnusable(
            "the database URL isn't understood; give one such as sqlite+aiosqlite:////path "
            "or postgresql+asyncpg://user@host/name"
        ) from None


def _read_only(url: str) -> str | URL:
    """Return the URL of a SQLite file such that it isn't made if it isn't there."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return url
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return parsed
    if not os.access(parsed.database, os.R_OK):
        raise DatabaseUnusable(f"there is no database in {parsed.database} that can be read")
    file = f"file:{quote(parsed.database)}"
    return parsed.set(database=file, query={"mode": "ro", "uri": "true"})


def _driver_faults(url: URL) -> tuple[type[Exception], ...]:
    """Return the driver's own faults: they come through unwrapped while a connection is made."""
    if url.get_backend_name() != "postgresql":
        return ()
    # Loaded by the engine by now; with SQLite it would be loaded for nothing.
    from asyncpg import InterfaceError, PostgresError  # noqa: PLC0415

    return PostgresError, InterfaceError


def _engine(url: URL) -> AsyncEngine:
    # Parameters hold what is sealed and whose it is: they don't belong into messages.
    if url.get_backend_name() != "postgresql":
        return create_async_engine(url, hide_parameters=True)
    return create_async_engine(
        url,
        hide_parameters=True,
        # A server that was started again is noticed before a statement is lost to it.
        pool_pre_ping=True,
        connect_args={
            "timeout": _CONNECT_S,
            "command_timeout": _STATEMENT_S,
            "server_settings": {"idle_in_transaction_session_timeout": str(_IDLE_MS)},
        },
    )


def _reason(fault: Exception) -> str:
    """Return why a database couldn't be opened, in one line; nothing is stored in it yet."""
    told = fault.orig if isinstance(fault, DBAPIError) else fault
    text = (told.strerror if isinstance(told, OSError) else None) or str(told)
    return " ".join(text.split()) or type(told).__name__


def _prepare_sqlite(engine: AsyncEngine, database: str | None) -> Path | None:
    """Set up every connection; return the folder of the file, if it is one."""
    file = Path(database) if database and database != ":memory:" else None
    if file is not None:
        _make_private(file)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: _DriverConnection, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    return file and file.parent


def _make_private(file: Path) -> None:
    """Make the file readable by its owner only; SQLite's side files take over its mode."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as fault:
        raise DatabaseUnusable(
            f"can't write the database {file} ({fault.strerror}); name a place that can be written"
        ) from None
