"""Entries of a watchlist: whom to list, or who is listed, with images to be enrolled."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lethe.alert.vault import SealedBlob
from lethe.alert.watchlists.reference import Reference
from lethe.alert.watchlists.subject import SealedSubject, SubjectDetails
from lethe.contracts.errors import LetheError


@dataclass(frozen=True, slots=True)
class Entry:
    """A subject with images.

    Attributes
    ----------
    who
        The details of somebody to be listed, or the id of somebody who is; or why neither can be
        told.
    images
        Each as it came, or why it didn't.
    """

    who: SubjectDetails | str | LetheError = field(repr=False)
    images: Sequence[bytes | LetheError] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of an entry.

    Attributes
    ----------
    subject_id
        Of the subject; empty where nothing was taken.
    is_new
        Whether the subject wasn't listed before.
    images
        Of each the reference, or why it wasn't taken.
    fault
        Why nothing was taken.
    """

    subject_id: str = ""
    is_new: bool = False
    images: Sequence[Reference | LetheError] = ()
    fault: LetheError | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """What a version holds of what entries are about."""

    subjects: Sequence[SealedSubject] = ()
    references: Sequence[Reference] = ()


class EntryStore(Protocol):
    """Where entries are kept."""

    async def listed(
        self,
        watchlist_id: str,
        *,
        number_tags: Collection[str],
        subject_ids: Collection[str],
        images: Collection[str],
    ) -> Listed:
        """Return the subjects of numbers or ids, and the references that hold images."""
        ...

    async def add(
        self,
        watchlist_id: str,
        subjects: Sequence[SealedSubject],
        references: Sequence[tuple[Reference, SealedBlob]],
    ) -> Sequence[Reference]:
        """Add subjects and references, all or none; return these with their changes.

        It returns after its commit.
        """
        ...
