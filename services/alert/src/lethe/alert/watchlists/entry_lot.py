"""Which of some entries are taken: each is looked at as if those before it were on the list."""

import secrets
from collections.abc import Callable, Mapping
from hashlib import sha256

from lethe.alert.errors import Conflict, NotFound, bare
from lethe.alert.watchlists.entry import Entered, Entry
from lethe.alert.watchlists.reference import Reference
from lethe.alert.watchlists.subject import SubjectDetails
from lethe.contracts.errors import LetheError
from lethe.contracts.volunteers import CATEGORY, MARK

_MARK = "subject-"


class EntryLot:
    """Sorts entries of one version into what is added and what is there or refused.

    Parameters
    ----------
    closed
        Why nothing can be added any more; None while it can.
    ids
        Subjects that are listed, among those that entries name.
    numbered
        Subjects that are listed, by number tag, with their details.
    images
        References that are there, by the hash of their image.
    check
        Raises `InvalidInput` where somebody can't be listed.

    Attributes
    ----------
    subjects
        Whom to add: id, number tag and details.
    references
        What to add, with its image.
    """

    def __init__(
        self,
        watchlist_id: str,
        closed: LetheError | None,
        *,
        ids: set[str],
        numbered: Mapping[str, tuple[str, SubjectDetails]],
        images: Mapping[str, Reference],
        check: Callable[[SubjectDetails], None],
    ) -> None:
        self._watchlist_id = watchlist_id
        self._closed = closed
        self._ids = ids
        self._numbered = dict(numbered)
        self._images = dict(images)
        self._check = check
        self.subjects: list[tuple[str, str, SubjectDetails]] = []
        self.references: list[tuple[Reference, bytes]] = []

    def enter(self, entry: Entry, number_tag: str) -> Entered:
        """Look at an entry; return what became of it, and hold what is to be added.

        Parameters
        ----------
        number_tag
            Of the details, if there are any.
        """
        before = len(self.subjects)
        try:
            subject_id = self._subject(entry.who, number_tag)
        except LetheError as fault:
            return Entered(fault=bare(fault))
        images = [self._image(subject_id, each) for each in entry.images]
        return Entered(subject_id, is_new=len(self.subjects) > before, images=images)

    def _subject(self, who: SubjectDetails | str | LetheError, number_tag: str) -> str:
        if isinstance(who, LetheError):
            raise who
        if isinstance(who, str):
            if who not in self._ids:
                raise NotFound("there is no such subject; add it first")
            return who
        if number_tag in self._numbered:
            subject_id, details = self._numbered[number_tag]
            if details != who:
                raise Conflict(
                    f"{subject_id} has this reference number with other details; change that one"
                )
            return subject_id
        self._require_open()
        self._check(who)
        mark = MARK if who.category == CATEGORY else _MARK
        subject_id = f"{mark}{secrets.token_hex(8)}"
        self._numbered[number_tag] = subject_id, who
        self.subjects.append((subject_id, number_tag, who))
        return subject_id

    def _image(self, subject_id: str, image: bytes | LetheError) -> Reference | LetheError:
        if isinstance(image, LetheError):
            return image
        image_sha256 = sha256(image).hexdigest()
        known = self._images.get(image_sha256)
        if known is not None:
            if known.subject_id == subject_id:
                return known
            return Conflict(f"the same image as {known.reference_id} of {known.subject_id}")
        try:
            self._require_open()
        except LetheError as closed:
            return bare(closed)
        reference = Reference(
            reference_id=secrets.token_hex(12),
            watchlist_id=self._watchlist_id,
            subject_id=subject_id,
            image_sha256=image_sha256,
        )
        self._images[image_sha256] = reference
        self.references.append((reference, image))
        return reference

    def _require_open(self) -> None:
        if self._closed is not None:
            raise self._closed
