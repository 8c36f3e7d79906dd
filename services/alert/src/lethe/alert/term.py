"""Terms of leadership in the database: whoever took the newest one writes, and nobody else.

A group of the broker says who should lead. It can't keep an instance that was paused from going
on where it stopped; a row that every writing transaction locks and checks can.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Self

from sqlalchemy import Update, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lethe.alert.audit.appending import append_deeds, read_head
from lethe.alert.audit.deeds import Deed
from lethe.alert.database import Database
from lethe.alert.errors import DatabaseUnavailable, NotLeading
from lethe.alert.tables import leadership
from lethe.contracts.keys import AuditHead

_TURN_S = 5.0
"""As long as SQLite waits for another connection's transaction."""


def _wall_us() -> int:
    return time.time_ns() // 1000


class Term:
    """One instance's time as leader, and its way into the database. Made by `Term.begin`.

    Attributes
    ----------
    leader
        The instance that leads in it.
    number
        Rises by one with every taking over.
    log_id
        Names the alert log to which all sequences belong: every term's is the same.
    audit_head
        How far the audit log has got in this term, or before its first entry in it.
    """

    def __init__(
        self,
        database: Database,
        leader: str,
        number: int,
        log_id: str,
        audit_head: AuditHead,
        wall_us: Callable[[], int],
    ) -> None:
        self._database = database
        self.leader = leader
        self._wall_us = wall_us
        self.number = number
        self.log_id = log_id
        self.audit_head = audit_head
        # Whoever comes first writes first; left to the database, they would ask again and again.
        self._turn = asyncio.Lock()
        # Not after a transaction that failed: its answer may have got lost, and it be committed.
        self._knows_head = True

    @classmethod
    async def begin(
        cls, database: Database, leader: str, wall_us: Callable[[], int] = _wall_us
    ) -> Self:
        """Take over: from now on nothing is written in an earlier term.

        Waits for a transaction of the earlier leader that is under way.

        Parameters
        ----------
        leader
            The instance that leads from now on.
        wall_us
            The wall clock, UTC in microseconds since 1970: audit entries are dated by it.

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
            head = await read_head(connection)
        return cls(database, leader, number, log_id, head, wall_us)

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction that only reads; raises as `Database.begin` does."""
        return self._database.begin()

    @asynccontextmanager
    async def write(self, *deeds: Deed) -> AsyncIterator[AsyncConnection]:
        """Open a transaction in which nobody else leads, and which no other overtakes.

        Parameters
        ----------
        deeds
            What is done in it with personal data: audited with it, or neither is done.

        PostgreSQL counts a row when it is inserted and shows it when it is committed: without
        the lock a reader that has seen alert 8 could miss 7.

        Raises
        ------
        NotLeading
            If another instance has taken over. Nothing was changed.
        DatabaseUnavailable
            As `Database.begin`.
        """
        async with self._one_after_another():
            async with self._leading() as connection:
                yield connection
                head = await self._audited(connection, deeds)
            self._advance(head)

    async def change(self, statement: Update, *deeds: Deed) -> bool:
        """Execute a statement that may find nothing to change: it is audited only if it did.

        Returns
        -------
        bool
            Whether it changed something; raises as `write`.
        """
        async with self._one_after_another():
            async with self._leading() as connection:
                changed = (await connection.execute(statement)).rowcount > 0
                head = await self._audited(connection, deeds if changed else ())
            self._advance(head)
        return changed

    @asynccontextmanager
    async def _one_after_another(self) -> AsyncIterator[None]:
        """Wait for a turn; whoever fails in it leaves the head of the audit log to be read anew."""
        try:
            async with asyncio.timeout(_TURN_S):
                await self._turn.acquire()
        except TimeoutError:
            raise DatabaseUnavailable("others wait for the database already; ask again") from None
        try:
            yield
        except BaseException:
            self._knows_head = False
            raise
        finally:
            self._turn.release()

    @asynccontextmanager
    async def _leading(self) -> AsyncIterator[AsyncConnection]:
        # An update and not a select: it is what takes the lock in SQLite as well.
        mine = update(leadership).where(leadership.c.term == self.number).values(term=self.number)
        async with self._database.begin() as connection:
            if (await connection.execute(mine)).rowcount == 0:
                raise NotLeading("another instance leads")
            yield connection

    async def _audited(self, connection: AsyncConnection, deeds: Sequence[Deed]) -> AuditHead:
        if not self._knows_head:
            self.audit_head = await read_head(connection, self.audit_head.log)
            self._knows_head = True
        if not deeds:
            return self.audit_head
        return await append_deeds(
            connection,
            deeds,
            behind=self.audit_head,
            instance_id=self.leader,
            at_us=self._wall_us(),
        )

    def _advance(self, head: AuditHead) -> None:
        if head.size > self.audit_head.size:
            self.audit_head = head

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
