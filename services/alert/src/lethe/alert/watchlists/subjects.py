"""Subjects of watchlists in SQL."""

from sqlalchemy import RowMapping, delete, func, select, update
from sqlalchemy.sql import ColumnElement

from lethe.alert.audit import of_watchlists
from lethe.alert.tables import references, subjects
from lethe.alert.term import Term
from lethe.alert.vault import SealedBlob
from lethe.alert.watchlists.subject import SealedSubject


class SqlSubjectStore:
    """Implements `SubjectStore`, in one term of leadership."""

    def __init__(self, term: Term) -> None:
        self._term = term

    async def find(self, watchlist_id: str, subject_id: str) -> SealedSubject | None:
        """Return one subject."""
        return await self._one(watchlist_id, subjects.c.subject_id == subject_id)

    async def numbered(self, watchlist_id: str, number_tag: str) -> SealedSubject | None:
        """Return the subject of a reference number."""
        return await self._one(watchlist_id, subjects.c.number_tag == number_tag)

    async def after(self, watchlist_id: str, place: int, limit: int) -> list[SealedSubject]:
        """Return subjects whose place is behind one, in their order."""
        statement = (
            select(subjects)
            .where(subjects.c.watchlist_id == watchlist_id, subjects.c.place > place)
            .order_by(subjects.c.place)
            .limit(limit)
        )
        async with self._term.read() as connection:
            return [to_subject(row) for row in (await connection.execute(statement)).mappings()]

    async def count(self, watchlist_id: str) -> int:
        """Return how many there are."""
        statement = select(func.count()).where(subjects.c.watchlist_id == watchlist_id)
        async with self._term.read() as connection:
            return int((await connection.execute(statement)).scalar_one())

    async def change(self, subject: SealedSubject, revision: int) -> bool:
        """Store other details, unless the revision is no longer that; tell whether it was."""
        statement = (
            update(subjects)
            .where(subjects.c.watchlist_id == subject.watchlist_id)
            .where(subjects.c.subject_id == subject.subject_id)
            .where(subjects.c.revision == revision)
            .values(
                number_tag=subject.number_tag,
                revision=subject.revision,
                bound=subject.bound,
                details_nonce=subject.details.nonce,
                details_ciphertext=subject.details.ciphertext,
            )
        )
        return await self._term.change(statement, of_watchlists.subject_changed(subject))

    async def remove(self, watchlist_id: str, subject_id: str) -> None:
        """Remove a subject with its references."""
        deed = of_watchlists.subject_removed(watchlist_id, subject_id)
        async with self._term.write(deed) as connection:
            for table in (references, subjects):
                await connection.execute(
                    delete(table).where(
                        table.c.watchlist_id == watchlist_id, table.c.subject_id == subject_id
                    )
                )

    async def _one(self, watchlist_id: str, which: ColumnElement[bool]) -> SealedSubject | None:
        statement = select(subjects).where(subjects.c.watchlist_id == watchlist_id, which)
        async with self._term.read() as connection:
            row = (await connection.execute(statement)).mappings().one_or_none()
        return None if row is None else to_subject(row)


def to_subject(row: RowMapping) -> SealedSubject:
    """Return a row as the subject that it is."""
    return SealedSubject(
        watchlist_id=row["watchlist_id"],
        subject_id=row["subject_id"],
        number_tag=row["number_tag"],
        bound=row["bound"],
        details=SealedBlob(row["details_nonce"], row["details_ciphertext"]),
        place=row["place"],
        revision=row["revision"],
    )
