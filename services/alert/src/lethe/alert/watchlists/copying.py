"""A new version of a watchlist by copying one: its subjects, with the images that can be used."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from lethe.alert.errors import Conflict, NotFound, bare
from lethe.alert.ports import Enroller
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.entry import Entry
from lethe.alert.watchlists.reference import Reference, ReferenceState
from lethe.alert.watchlists.subject import Subject
from lethe.alert.watchlists.version import Version
from lethe.contracts.errors import InvalidInput, LetheError


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of some subjects of a version that is copied.

    Attributes
    ----------
    version
        The new one.
    subjects, images
        How many of them are on it now.
    left_out
        Who isn't, by the id in the old version, and why.
    following
        The place to go on behind; None when all have been copied.
    """

    version: Version
    subjects: int
    images: int
    left_out: Sequence[tuple[str, LetheError]]
    following: int | None


class CopyDesk:
    """Copies versions, some subjects at a time: the same again adds nobody twice.

    The copy has a data key and subjects of its own: who was on both can't be told without keys.

    Parameters
    ----------
    pack
        Tells the digest of the model pack that images are enrolled with now; None while none are.
    """

    def __init__(
        self,
        book: WatchlistBook,
        enroller: Enroller,
        pack: Callable[[], str | None],
    ) -> None:
        self._book = book
        self._enroller = enroller
        self._pack = pack

    async def copy(
        self,
        source_id: str,
        watchlist_id: str,
        after: int,
        limit: int,
        without: Collection[str] = (),
    ) -> Copied:
        """Make the new version unless it is there, and copy subjects whose place is behind one.

        Parameters
        ----------
        without
            Subjects of the old version that aren't wanted on the new one.

        Raises
        ------
        NotFound, Erased
            If there is no such version to copy, or it is erased.
        Conflict
            If the id is another watchlist's, or the new version can't be changed any more.
        """
        versions = self._book.versions
        await versions.copy(source_id, watchlist_id)
        await versions.open_one(watchlist_id)
        found = await self._book.subjects.after(source_id, after, limit)
        images = 0
        left_out: list[tuple[str, LetheError]] = []
        wanted = [each for each in found if each.subject_id not in without]
        for subject in wanted:
            try:
                images += await self._copied(subject, watchlist_id)
            except (Conflict, InvalidInput, NotFound) as fault:
                left_out.append((subject.subject_id, bare(fault)))
        return Copied(
            version=await versions.find(watchlist_id),
            subjects=len(wanted) - len(left_out),
            images=images,
            left_out=left_out,
            following=found[-1].place if len(found) == limit else None,
        )

    async def _copied(self, subject: Subject, watchlist_id: str) -> int:
        """Copy one subject; return with how many images."""
        pack = self._pack()
        held = await self._book.of_subject(subject.watchlist_id, subject.subject_id)
        usable = [
            each.reference_id
            for each in held
            if each.state is ReferenceState.ENROLLED
            and (each.unfit_pack is None or each.unfit_pack != pack)
        ]
        payloads = await self._book.payloads(usable)
        if not payloads:
            raise Conflict("none of its images can be used")
        # In the order in which they were added, which isn't that of the answer.
        images = [payloads[each].image for each in usable if each in payloads]
        [entered] = await self._book.entries.enter(watchlist_id, [Entry(subject.details, images)])
        if entered.fault is not None:
            raise entered.fault
        taken = [each for each in entered.images if isinstance(each, Reference)]
        for reference in taken:
            if reference.state is ReferenceState.SUBMITTED:
                self._enroller.submit(reference.reference_id)
        return len(taken)
