"""Terms of leadership in the database: whoever took the newest one writes, and nobody else.

A group of the broker says who should lead. It can't keep an instance that was paused from going
on where it stopped; a row that every writing transaction locks and checks can.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Self

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lethe.alert.database import Database
from lethe.alert.errors import NotLeading
from lethe.alert.tables import leadership


class Term:
    """One instance's time as leader, and its way into the database. Made by `Term.begin`.

    Attributes
    ----------
    number
        Rises by one with every taking over.
    log_id
        Names the alert log to which all sequences belong: every term's is the same.
    """

    def __init__(self, database: Database, number: int, log_id: str) -> None:
        self._database = database
        self.number = number
        self.log_id = log_id

    @classmethod
    async def begin(cls, database: Database, leader: str) -> Self:
        """Take over: from now on nothing is written in an earlier term.

        Waits for a transaction of the earlier leader that is under way.

        Parameters
        ----------
        leader
            The instance that leads from now on.

        Raises
        ------
        DatabaseUnavailable
            If the database didn't take it; nothing was changed.
        """
        taken = (
            update(leadership)
            .values(term=leadership.c.term + 1, leader=leader)
            .returning(leadership.c.term, leadership.c.log_id)
        )
        async with database.begin() as connection:
            number, log_id = (await connection.execute(taken)).one()
        return cls(database, number, log_id)

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction that only reads; raises as `Database.begin` does."""
        return self._database.begin()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction in which nobody else leads, and which no other overtakes.

        PostgreSQL counts a row when it is inserted and shows it when it is committed: without
        the lock a reader that has seen alert 8 could miss 7.

        Raises
        ------
        NotLeading
            If another instance has taken over. Nothing was changed.
        DatabaseUnavailable
            As `Database.begin`.
        """
        # An update and not a select: it is what takes the lock in SQLite as well.
        mine = update(leadership).where(leadership.c.term == self.number).values(term=self.number)
        async with self._database.begin() as connection:
            if (await connection.execute(mine)).rowcount == 0:
                raise NotLeading("another instance leads")
            yield connection

    async def is_over(self) -> bool:
        """Tell whether another instance has taken over; raises as `Database.begin` does."""
        async with self._database.begin() as connection:
            newest = (await connection.execute(select(leadership.c.term))).scalar_one()
        return bool(newest != self.number)


async def leader_of(database: Database) -> str:
    """Return the instance that took over last, empty before the first.

    Raises
    ------
    DatabaseUnavailable
        As `Database.begin`.
    """
    async with database.begin() as connection:
        return str((await connection.execute(select(leadership.c.leader))).scalar_one())
