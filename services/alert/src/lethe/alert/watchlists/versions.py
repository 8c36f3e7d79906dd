"""Versions of watchlists in SQL."""

from collections.abc import Mapping

from sqlalchemy import RowMapping, func, insert, select, update

from lethe.alert.audit import of_watchlists
from lethe.alert.tables import watchlists
from lethe.alert.term import Term
from lethe.alert.vault import SealedBlob
from lethe.alert.watchlists.version import SealedVersion


class SqlVersionStore:
    """Implements `VersionStore`, in one term of leadership."""

    def __init__(self, term: Term) -> None:
        self._term = term

    async def add(self, version: SealedVersion, copied_from: str | None = None) -> None:
        """Add a version, which may be a copy of another."""
        deed = of_watchlists.registered(version.watchlist_id, copied_from)
        async with self._term.write(deed) as connection:
            await connection.execute(
                insert(watchlists).values(
                    watchlist_id=version.watchlist_id,
                    list_id=version.list_id,
                    number=version.number,
                    key_name=version.key_name,
                    revision=version.revision,
                    **_details(version),
                )
            )

    async def find(self, watchlist_id: str) -> SealedVersion | None:
        """Return one version."""
        statement = select(watchlists).where(watchlists.c.watchlist_id == watchlist_id)
        async with self._term.read() as connection:
            row = (await connection.execute(statement)).mappings().one_or_none()
        return None if row is None else _to_version(row)

    async def all_ids(self) -> list[str]:
        """Return all versions."""
        async with self._term.read() as connection:
            return list((await connection.execute(select(watchlists.c.watchlist_id))).scalars())

    async def newest(self, list_id: str) -> int:
        """Return the highest number of a version of a watchlist; 0 if there is none."""
        newest = func.coalesce(func.max(watchlists.c.number), 0)
        statement = select(newest).where(watchlists.c.list_id == list_id)
        async with self._term.read() as connection:
            return int((await connection.execute(statement)).scalar_one())

    async def after(self, watchlist_id: str, limit: int) -> list[SealedVersion]:
        """Return versions in the order of their ids, behind one."""
        statement = (
            select(watchlists)
            .where(watchlists.c.watchlist_id > watchlist_id)
            .order_by(watchlists.c.watchlist_id)
            .limit(limit)
        )
        async with self._term.read() as connection:
            return [_to_version(row) for row in (await connection.execute(statement)).mappings()]

    async def change(self, version: SealedVersion, revision: int) -> bool:
        """Store other details, unless the revision is no longer that; tell whether it was."""
        statement = (
            update(watchlists)
            .where(watchlists.c.watchlist_id == version.watchlist_id)
            .where(watchlists.c.revision == revision)
            .values(revision=version.revision, **_details(version))
        )
        return await self._term.change(statement, of_watchlists.described(version.watchlist_id))

    async def freeze(
        self, watchlist_id: str, ordered_hash: str, composition: Mapping[str, int]
    ) -> None:
        """Note that a version was ordered; what the first order found stays."""
        statement = (
            update(watchlists)
            .where(watchlists.c.watchlist_id == watchlist_id)
            .where(watchlists.c.ordered_hash.is_(None))
            .values(ordered_hash=ordered_hash, composition=dict(composition))
        )
        await self._term.change(statement, of_watchlists.closed(watchlist_id))


def _details(version: SealedVersion) -> dict[str, object]:
    sealed = version.details
    return {
        "details_nonce": sealed and sealed.nonce,
        "details_ciphertext": sealed and sealed.ciphertext,
    }


def _to_version(row: RowMapping) -> SealedVersion:
    sealed = row["details_nonce"] is not None
    return SealedVersion(
        watchlist_id=row["watchlist_id"],
        list_id=row["list_id"],
        number=row["number"],
        key_name=row["key_name"],
        details=SealedBlob(row["details_nonce"], row["details_ciphertext"]) if sealed else None,
        revision=row["revision"],
        ordered_hash=row["ordered_hash"],
        is_erased=row["erased_wall_us"] is not None,
        composition=row["composition"],
    )
