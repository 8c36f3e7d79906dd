"""Entries of watchlists in SQL."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import insert, or_, select

from lethe.alert.audit import of_watchlists
from lethe.alert.tables import references as reference_table
from lethe.alert.tables import subjects as subject_table
from lethe.alert.term import Term
from lethe.alert.vault import SealedBlob
from lethe.alert.watchlists.entry import Listed
from lethe.alert.watchlists.reference import Reference
from lethe.alert.watchlists.references import (
    WITHOUT_IMAGE,
    next_change,
    outcome_columns,
    to_reference,
)
from lethe.alert.watchlists.subject import SealedSubject
from lethe.alert.watchlists.subjects import to_subject


class SqlEntryStore:
    """Implements `EntryStore`, in one term of leadership."""

    def __init__(self, term: Term) -> None:
        self._term = term

    async def listed(
        self,
        watchlist_id: str,
        *,
        number_tags: Collection[str],
        subject_ids: Collection[str],
        images: Collection[str],
    ) -> Listed:
        """Return the subjects of numbers or ids, and the references that hold images."""
        of_list = subject_table.c.watchlist_id == watchlist_id
        named = or_(
            subject_table.c.number_tag.in_(number_tags), subject_table.c.subject_id.in_(subject_ids)
        )
        holding = select(*WITHOUT_IMAGE).where(
            reference_table.c.watchlist_id == watchlist_id,
            reference_table.c.image_sha256.in_(images),
        )
        async with self._term.read() as connection:
            subjects = await connection.execute(select(subject_table).where(of_list, named))
            references = await connection.execute(holding)
            return Listed(
                [to_subject(row) for row in subjects.mappings()],
                [to_reference(row) for row in references.mappings()],
            )

    async def add(
        self,
        watchlist_id: str,
        subjects: Sequence[SealedSubject],
        references: Sequence[tuple[Reference, SealedBlob]],
    ) -> list[Reference]:
        """Add subjects and references, all or none; return these with their changes."""
        deeds = [
            *map(of_watchlists.subject_added, subjects),
            *(of_watchlists.image_added(each) for each, _ in references),
        ]
        async with self._term.write(*deeds) as connection:
            if subjects:
                await connection.execute(insert(subject_table), [_subject(s) for s in subjects])
            if not references:
                return []
            # Nobody else adds or changes one meanwhile: the term is locked.
            first = (await connection.execute(select(next_change(watchlist_id)))).scalar_one()
            added = [replace(each, change=first + n) for n, (each, _) in enumerate(references)]
            rows = [_row(each, blob) for each, (_, blob) in zip(added, references, strict=True)]
            await connection.execute(insert(reference_table), rows)
            return added


def _subject(subject: SealedSubject) -> dict[str, object]:
    return {
        "watchlist_id": subject.watchlist_id,
        "subject_id": subject.subject_id,
        "number_tag": subject.number_tag,
        "revision": subject.revision,
        "bound": subject.bound,
        "details_nonce": subject.details.nonce,
        "details_ciphertext": subject.details.ciphertext,
    }


def _row(reference: Reference, image: SealedBlob) -> dict[str, object]:
    return {
        "reference_id": reference.reference_id,
        "watchlist_id": reference.watchlist_id,
        "subject_id": reference.subject_id,
        "image_sha256": reference.image_sha256,
        "image_nonce": image.nonce,
        "image_ciphertext": image.ciphertext,
        "change": reference.change,
        **outcome_columns(reference),
    }
