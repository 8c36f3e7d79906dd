"""Subjects of a version: read, changed and removed, their details sealed under its data key."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from lethe.alert.errors import Conflict, NotFound, Stale
from lethe.alert.vault import Vault
from lethe.alert.watchlists.reference import ReferenceState
from lethe.alert.watchlists.reviews import Reviews
from lethe.alert.watchlists.shelf import Shelf
from lethe.alert.watchlists.subject import (
    NO_FLAGS,
    Flags,
    SealedSubject,
    Subject,
    SubjectDetails,
    subject_bound,
)
from lethe.alert.watchlists.version import SealedVersion
from lethe.alert.watchlists.version_desk import VersionDesk
from lethe.contracts.errors import InvalidInput
from lethe.contracts.instants import Instant
from lethe.contracts.volunteers import CATEGORY, is_volunteer

_AT_ONCE = 1_000
_EARLIEST_YEAR = 2020
_NAME_ONLY = "name:"
"""What the name was bound as of subjects that were kept before there were details."""


class SubjectDesk:
    """Keeps the subjects of all versions.

    Parameters
    ----------
    turn
        As that of the versions.
    now
        The clock of this machine: it tells what has expired.

    Attributes
    ----------
    reviews
        When somebody is to look at subjects again.
    """

    def __init__(
        self,
        shelf: Shelf,
        versions: VersionDesk,
        vault: Vault,
        turn: asyncio.Lock,
        now: Callable[[], Instant],
    ) -> None:
        self._store = shelf.subjects
        self._references = shelf.references
        self._versions = versions
        self._vault = vault
        self._turn = turn
        self._now = now
        self.reviews = Reviews(now)
        # Names are asked for with every alert and every client.
        self._names: dict[tuple[str, str], str] = {}
        # Of those who have any.
        self._flags: dict[tuple[str, str], Flags] = {}
        # What opened them, by version.
        self._keys: dict[str, str] = {}

    async def restore(self, watchlist_id: str) -> None:
        """Load the names of a version; raises `Erased`."""
        place = 0
        while found := await self.after(watchlist_id, place, _AT_ONCE):
            place = found[-1].place

    def forget(self, watchlist_id: str) -> bool:
        """Forget the names of a version; tell whether there were any."""
        known = [each for each in self._names if each[0] == watchlist_id]
        for name in known:
            del self._names[name]
            self._flags.pop(name, None)
        self._keys.pop(watchlist_id, None)
        self.reviews.forget(watchlist_id)
        return bool(known)

    def named(self) -> dict[str, str]:
        """Return the versions of which names are known, each with the name of its data key."""
        return dict(self._keys)

    def name_of(self, watchlist_id: str, subject_id: str) -> str:
        """Return a subject's name, or its id when the name isn't known or is erased."""
        return self._names.get((watchlist_id, subject_id), subject_id)

    def flags_of(self, watchlist_id: str, subject_id: str) -> Flags:
        """Return what to beware of with a subject; nothing when that isn't known or is erased."""
        return self._flags.get((watchlist_id, subject_id), NO_FLAGS)

    async def find(self, watchlist_id: str, subject_id: str) -> Subject:
        """Return a subject; raises `NotFound`, and `Erased` if the data key is."""
        version = await self._versions.sealed(watchlist_id)
        [found] = await self.opened(version, [await self.known(watchlist_id, subject_id)])
        return found

    async def after(self, watchlist_id: str, place: int, limit: int) -> list[Subject]:
        """Return subjects whose place is behind one, in their order; raises as `find`."""
        version = await self._versions.sealed(watchlist_id)
        found = await self._store.after(watchlist_id, place, limit)
        return await self.opened(version, found)

    async def all_sealed(self, watchlist_id: str) -> list[SealedSubject]:
        """Return all subjects of a version as they are stored."""
        subjects: list[SealedSubject] = []
        while found := await self._store.after(
            watchlist_id, subjects[-1].place if subjects else 0, _AT_ONCE
        ):
            subjects += found
        return subjects

    async def count(self, watchlist_id: str) -> int:
        """Return how many subjects a version has."""
        return await self._store.count(watchlist_id)

    def volunteers(self, watchlist_id: str) -> frozenset[str]:
        """Return the volunteers of a version whose names are known."""
        return frozenset(
            subject_id
            for of, subject_id in self._names
            if of == watchlist_id and is_volunteer(subject_id)
        )

    async def composition(self, watchlist_id: str) -> dict[str, int]:
        """Return how many subjects of each category a version has; raises as `find`."""
        counted: Counter[str] = Counter()
        place = 0
        while found := await self.after(watchlist_id, place, _AT_ONCE):
            counted.update(each.details.category for each in found)
            place = found[-1].place
        return dict(counted)

    async def edit(
        self, watchlist_id: str, subject_id: str, details: SubjectDetails, revision: int
    ) -> Subject:
        """Change a subject's details.

        Raises
        ------
        NotFound, Erased
            If there is no such version or subject, or its data key is erased.
        Conflict
            If the version was ordered, or another subject has the reference number.
        InvalidInput
            If the category isn't one of the version's, the subject has expired, or a volunteer
            would be none any more, or somebody else one.
        Stale
            If they were changed since that revision.
        """
        async with self._turn:
            version = await self._versions.open_one(watchlist_id)
            known = await self.known(watchlist_id, subject_id)
            (await self.checker(watchlist_id))(details)
            if (details.category == CATEGORY) is not is_volunteer(subject_id):
                raise InvalidInput("category: list somebody anew to make them a volunteer, or none")
            [number_tag] = await self.tags(version, [details])
            same = await self._store.numbered(watchlist_id, number_tag)
            if same is not None and same.subject_id != subject_id:
                raise Conflict("another subject has this reference number")
            sealed = await self._sealed(version, subject_id, number_tag, details)
            changed = replace(sealed, place=known.place, revision=revision + 1)
            if not await self._store.change(changed, revision):
                raise Stale("it was changed meanwhile; read it again")
            return self._noted(version, changed, details)

    async def remove(self, watchlist_id: str, subject_id: str) -> None:
        """Remove a subject none of whose images is enrolled or may yet be.

        Raises
        ------
        NotFound
            If there is none.
        Conflict
            If the version was ordered, or a template wouldn't leave with it.
        """
        async with self._turn:
            await self._versions.open_one(watchlist_id)
            await self.known(watchlist_id, subject_id)
            held = await self._references.of_subject(watchlist_id, subject_id)
            if any(each.state is not ReferenceState.REJECTED for each in held):
                raise Conflict("images of the subject are enrolled; make a new version without it")
            await self._store.remove(watchlist_id, subject_id)
            self._names.pop((watchlist_id, subject_id), None)
            self._flags.pop((watchlist_id, subject_id), None)
            self.reviews.drop(watchlist_id, subject_id)

    async def known(self, watchlist_id: str, subject_id: str) -> SealedSubject:
        """Return a subject as it is stored; raises `NotFound`."""
        found = await self._store.find(watchlist_id, subject_id)
        if found is None:
            raise NotFound("there is no such subject; add it first")
        return found

    async def checker(self, watchlist_id: str) -> Callable[[SubjectDetails], None]:
        """Return what raises `InvalidInput` for whom a version can't list."""
        described = (await self._versions.find(watchlist_id)).details
        categories = described.categories if described else ()

        def check(details: SubjectDetails) -> None:
            if details.category not in (*categories, CATEGORY):
                raise InvalidInput(f"category: it must be one of {', '.join(categories)}")
            if details.has_expired(self._today()):
                raise InvalidInput("expires_on: the subject's last day on the list is over")

        return check

    def _today(self) -> date:
        today = datetime.fromtimestamp(self._now().wall_us / 1e6, UTC).date()
        if today.year < _EARLIEST_YEAR:
            raise InvalidInput(f"the clock of alert's machine says {today}; set it right")
        return today

    async def tags(self, version: SealedVersion, told: Sequence[SubjectDetails]) -> list[str]:
        """Return what stands for the reference numbers of some details."""
        numbers = [details.reference_number.casefold() for details in told]
        return await self._vault.tags(version.key_name, numbers)

    async def _sealed(
        self, version: SealedVersion, subject_id: str, number_tag: str, details: SubjectDetails
    ) -> SealedSubject:
        bound = subject_bound(version.watchlist_id, subject_id)
        return SealedSubject(
            watchlist_id=version.watchlist_id,
            subject_id=subject_id,
            number_tag=number_tag,
            bound=bound,
            details=await self._vault.seal(version.key_name, details.encode(), bound=bound),
        )

    async def opened(self, version: SealedVersion, found: Sequence[SealedSubject]) -> list[Subject]:
        """Return subjects with their details; raises `Erased` if the data key is."""
        opened = await self._vault.open_all(
            version.key_name, [(sealed.details, sealed.bound) for sealed in found]
        )
        return [
            self._noted(version, sealed, _read(sealed, encoded))
            for sealed, encoded in zip(found, opened, strict=True)
        ]

    def name(self, version: SealedVersion, subject_id: str, details: SubjectDetails) -> None:
        """Note how a subject of a version is called, what to beware of, and their review."""
        self._keys[version.watchlist_id] = version.key_name
        named = version.watchlist_id, subject_id
        self._names[named] = details.name
        self._flags.pop(named, None)
        if (flags := Flags.of(details)) != NO_FLAGS:
            self._flags[named] = flags
        self.reviews.note(*named, details)

    def _noted(
        self, version: SealedVersion, sealed: SealedSubject, details: SubjectDetails
    ) -> Subject:
        self.name(version, sealed.subject_id, details)
        return Subject(
            sealed.watchlist_id, sealed.subject_id, sealed.place, sealed.revision, details
        )


def _read(sealed: SealedSubject, encoded: bytes) -> SubjectDetails:
    if sealed.bound.startswith(_NAME_ONLY):
        return SubjectDetails.of_name(encoded.decode())
    return SubjectDetails.model_validate_json(encoded)
