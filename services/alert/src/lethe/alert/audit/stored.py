"""Reading the audit log out of a database that nobody needs to serve."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncResult

from lethe.alert.audit.chain import SealedEntry
from lethe.alert.database import Database
from lethe.alert.errors import DatabaseUnavailable, DatabaseUnusable
from lethe.alert.tables import audit


@asynccontextmanager
async def stored_audit(
    url: str, password: SecretStr | None = None
) -> AsyncIterator[AsyncGenerator[SealedEntry, None]]:
    """Give the audit log of a database, in the order of its numbers; alert may run meanwhile.

    Raises
    ------
    DatabaseUnusable
        If the URL isn't understood, nothing answers there, or there is no audit log in it.
    """
    database = Database.look_into(url, password)
    try:
        async with database.begin() as connection:
            statement = select(audit.c.line, audit.c.digest).order_by(audit.c.number)
            yield _entries(await connection.stream(statement))
    except DatabaseUnavailable:
        raise DatabaseUnusable("no audit log can be read from this database") from None
    finally:
        await database.close()


async def _entries(rows: AsyncResult[tuple[str, str]]) -> AsyncGenerator[SealedEntry, None]:
    async for row in rows:
        yield SealedEntry(row.line, row.digest)
