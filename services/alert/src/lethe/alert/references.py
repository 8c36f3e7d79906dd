"""Watchlists and references in SQL."""

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.sql import ColumnElement

from lethe.alert.reference import ReferenceState, SealedReference
from lethe.alert.tables import references, watchlists
from lethe.alert.term import Term
from lethe.alert.vault import SealedBlob

# Images are megabytes: they are read one at a time, and only when asked for.
_WITHOUT_IMAGE = [column for column in references.c if not column.name.startswith("image_c")]


class SqlReferenceStore:
    """Implements `ReferenceStore`, in one term of leadership."""

    def __init__(self, term: Term) -> None:
        self._term = term

    async def add_watchlist(self, watchlist_id: str, key_name: str) -> None:
        """Add a watchlist and the name of its data key."""
        async with self._term.write() as connection:
            await connection.execute(
                insert(watchlists).values(watchlist_id=watchlist_id, key_name=key_name)
            )

    async def key_name(self, watchlist_id: str) -> str | None:
        """Return the name of a watchlist's data key; None for an unknown watchlist."""
        statement = select(watchlists.c.key_name).where(watchlists.c.watchlist_id == watchlist_id)
        async with self._term.read() as connection:
            return (await connection.execute(statement)).scalar_one_or_none()

    async def watchlist_ids(self) -> list[str]:
        """Return all watchlists."""
        async with self._term.read() as connection:
            return list((await connection.execute(select(watchlists.c.watchlist_id))).scalars())

    async def add(self, reference: SealedReference, image: SealedBlob) -> None:
        """Add a reference."""
        async with self._term.write() as connection:
            await connection.execute(
                insert(references).values(
                    reference_id=reference.reference_id,
                    watchlist_id=reference.watchlist_id,
                    subject_id=reference.subject_id,
                    image_sha256=reference.image_sha256,
                    state=reference.state.value,
                    fault=reference.fault,
                    resembles=reference.resembles,
                    name_nonce=reference.name.nonce,
                    name_ciphertext=reference.name.ciphertext,
                    image_nonce=image.nonce,
                    image_ciphertext=image.ciphertext,
                )
            )

    async def find(self, reference_id: str) -> SealedReference | None:
        """Return one reference."""
        return await self._one(references.c.reference_id == reference_id)

    async def find_same(
        self, watchlist_id: str, subject_id: str, image_sha256: str
    ) -> SealedReference | None:
        """Return the reference that holds this image of this subject."""
        return await self._one(
            (references.c.watchlist_id == watchlist_id)
            & (references.c.subject_id == subject_id)
            & (references.c.image_sha256 == image_sha256)
        )

    async def image(self, reference_id: str) -> SealedBlob | None:
        """Return a reference's sealed image."""
        statement = select(references.c.image_nonce, references.c.image_ciphertext)
        chosen = statement.where(references.c.reference_id == reference_id)
        async with self._term.read() as connection:
            row = (await connection.execute(chosen)).mappings().one_or_none()
        return None if row is None else SealedBlob(row["image_nonce"], row["image_ciphertext"])

    async def of_watchlist(self, watchlist_id: str) -> list[SealedReference]:
        """Return a watchlist's references in the order in which they were added."""
        statement = select(*_WITHOUT_IMAGE).where(references.c.watchlist_id == watchlist_id)
        async with self._term.read() as connection:
            rows = await connection.execute(statement.order_by(references.c.place))
            return [_to_reference(row) for row in rows.mappings()]

    async def record(self, reference: SealedReference) -> None:
        """Record a reference's state, fault and resemblance."""
        async with self._term.write() as connection:
            await connection.execute(
                update(references)
                .where(references.c.reference_id == reference.reference_id)
                .values(
                    state=reference.state.value,
                    fault=reference.fault,
                    resembles=reference.resembles,
                )
            )

    async def remove(self, reference_id: str) -> None:
        """Remove a reference with its image."""
        async with self._term.write() as connection:
            await connection.execute(
                delete(references).where(references.c.reference_id == reference_id)
            )

    async def _one(self, condition: ColumnElement[bool]) -> SealedReference | None:
        statement = select(*_WITHOUT_IMAGE).where(condition)
        async with self._term.read() as connection:
            row = (await connection.execute(statement)).mappings().one_or_none()
        return None if row is None else _to_reference(row)


def _to_reference(row: RowMapping) -> SealedReference:
    return SealedReference(
        reference_id=row["reference_id"],
        watchlist_id=row["watchlist_id"],
        subject_id=row["subject_id"],
        image_sha256=row["image_sha256"],
        state=ReferenceState(row["state"]),
        fault=row["fault"],
        resembles=row["resembles"],
        name=SealedBlob(row["name_nonce"], row["name_ciphertext"]),
    )
