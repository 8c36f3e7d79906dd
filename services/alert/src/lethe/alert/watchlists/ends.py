"""The end of watchlists in SQL."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update

from lethe.alert.audit import of_watchlists
from lethe.alert.tables import (
    references,
    subjects,
    watchlist_checks,
    watchlist_orders,
    watchlist_samples,
    watchlists,
)
from lethe.alert.term import Term
from lethe.alert.watchlists.end import ErasedList, OrderedList
from lethe.contracts.receipts import WatchlistGround

_OF_VERSIONS = (references, subjects, watchlist_orders, watchlist_samples, watchlist_checks)


class SqlEndStore:
    """Implements `EndStore`, in one term of leadership."""

    def __init__(self, term: Term) -> None:
        self._term = term

    async def unerased(self) -> dict[str, str]:
        """Return the name of its data key by version, of all that aren't erased."""
        statement = select(watchlists.c.watchlist_id, watchlists.c.key_name)
        chosen = statement.where(watchlists.c.erased_wall_us.is_(None))
        async with self._term.write() as connection:
            return {row[0]: row[1] for row in await connection.execute(chosen)}

    async def orders(self) -> list[OrderedList]:
        """Return what is known of the orders of those."""
        statement = (
            select(watchlist_orders)
            .join(watchlists, watchlists.c.watchlist_id == watchlist_orders.c.watchlist_id)
            .where(watchlists.c.erased_wall_us.is_(None))
        )
        async with self._term.read() as connection:
            found = (await connection.execute(statement)).mappings()
            return [OrderedList(**row) for row in found]

    async def note(self, orders: Sequence[OrderedList]) -> None:
        """Keep orders, in place of what was known of them."""
        async with self._term.write() as connection:
            for each in orders:
                await connection.execute(
                    delete(watchlist_orders).where(
                        watchlist_orders.c.watchlist_id == each.watchlist_id,
                        watchlist_orders.c.deployment_id == each.deployment_id,
                    )
                )
                await connection.execute(
                    insert(watchlist_orders).values(
                        watchlist_id=each.watchlist_id,
                        deployment_id=each.deployment_id,
                        ends_at_us=each.ends_at_us,
                        ended_us=each.ended_us,
                    )
                )

    async def erase(self, erased: ErasedList) -> None:
        """Delete subjects, images and the description of a watchlist, and note that."""
        noted = {
            "details_nonce": None,
            "details_ciphertext": None,
            "erased_wall_us": erased.erased_wall_us,
            "erased_hash": erased.id_hash,
            "erasure_ground": erased.ground.value,
            "erasure_deployment": erased.deployment_id,
        }
        async with self._term.write(of_watchlists.erased(erased)) as connection:
            for table in _OF_VERSIONS:
                await connection.execute(
                    delete(table).where(table.c.watchlist_id == erased.watchlist_id)
                )
            here = watchlists.c.watchlist_id == erased.watchlist_id
            await connection.execute(update(watchlists).where(here).values(**noted))

    async def erased_ids(self, limit: int) -> list[str]:
        """Return the watchlists that were erased last, the newest first."""
        statement = (
            select(watchlists.c.watchlist_id)
            .where(watchlists.c.erased_wall_us.is_not(None))
            .order_by(watchlists.c.erased_wall_us.desc())
            .limit(limit)
        )
        async with self._term.read() as connection:
            return list((await connection.execute(statement)).scalars())

    async def unreceipted(self, limit: int) -> list[ErasedList]:
        """Return those of whose erasure no receipt is known yet, the oldest first."""
        statement = (
            select(watchlists)
            .where(watchlists.c.receipted.is_(False), watchlists.c.erased_wall_us.is_not(None))
            .order_by(watchlists.c.erased_wall_us)
            .limit(limit)
        )
        async with self._term.read() as connection:
            return [
                ErasedList(
                    watchlist_id=row["watchlist_id"],
                    id_hash=row["erased_hash"],
                    deployment_id=row["erasure_deployment"],
                    ground=WatchlistGround(row["erasure_ground"]),
                    erased_wall_us=row["erased_wall_us"],
                )
                for row in (await connection.execute(statement)).mappings()
            ]

    async def mark_receipted(self, watchlist_ids: set[str]) -> None:
        """Record that there are receipts of them."""
        statement = update(watchlists).where(watchlists.c.watchlist_id.in_(watchlist_ids))
        async with self._term.write() as connection:
            await connection.execute(statement.values(receipted=True))
