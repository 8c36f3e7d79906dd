"""Watchlists: whose images are submitted, and what became of them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from lethe.alert.errors import Conflict, NotFound
from lethe.alert.vault import SealedBlob, Vault
from lethe.alert.watchlists.details_hash import details_hash
from lethe.alert.watchlists.entry_desk import EntryDesk
from lethe.alert.watchlists.reference import Reference, ReferenceState
from lethe.alert.watchlists.shelf import Shelf
from lethe.alert.watchlists.subject import Flags
from lethe.alert.watchlists.subject_desk import SubjectDesk
from lethe.alert.watchlists.version_desk import VersionDesk
from lethe.contracts.enrolment import ReferenceEnrolled, ReferencePayload
from lethe.contracts.errors import Erased, Refused
from lethe.contracts.instants import Instant
from lethe.contracts.orders import watchlist_hash


class WatchlistBook:
    """Keeps watchlists: one data key per version seals details and images.

    Parameters
    ----------
    now
        The clock of this machine.

    Attributes
    ----------
    versions, subjects
        What there is beside the images.
    entries
        Takes subjects with images.
    turn
        One writer at a time: what is looked up first is still so when it is written.
    """

    def __init__(self, shelf: Shelf, vault: Vault, now: Callable[[], Instant]) -> None:
        self._references = shelf.references
        self._vault = vault
        self.turn = asyncio.Lock()
        self._forgotten: list[Callable[[str], None]] = []
        self.versions = VersionDesk(shelf.versions, vault, self.turn)
        self.subjects = SubjectDesk(shelf, self.versions, vault, self.turn, now)
        self.entries = EntryDesk(shelf, self.versions, self.subjects, vault, self.turn)

    async def restore(self) -> None:
        """Load the names of all subjects. Call it once at the start."""
        for watchlist_id in await self.versions.all_ids():
            try:
                await self.subjects.restore(watchlist_id)
            except Erased:
                continue

    def forget(self, watchlist_id: str) -> None:
        """Forget what is kept in memory of a version, and tell of it if that were names."""
        self.versions.forget(watchlist_id)
        if self.subjects.forget(watchlist_id):
            for tell in self._forgotten:
                tell(watchlist_id)

    async def forget_keyless(self) -> None:
        """Forget the names whose key is gone, also those that a late reader brought back.

        It needs no database.

        Raises
        ------
        Transient
            If the key store can't be read.
        """
        # Looked at first: whatever is named by then had its key.
        named = self.subjects.named()
        kept = set(await self._vault.names())
        for watchlist_id, key_name in named.items():
            if key_name not in kept:
                self.forget(watchlist_id)

    def when_forgotten(self, tell: Callable[[str], None]) -> None:
        """Have something told of each version whose names are forgotten."""
        self._forgotten.append(tell)

    def name_of(self, watchlist_id: str, subject_id: str) -> str:
        """Return a subject's name, or its id when the name isn't known or is erased."""
        return self.subjects.name_of(watchlist_id, subject_id)

    def flags_of(self, watchlist_id: str, subject_id: str) -> Flags:
        """Return what to beware of with a subject; nothing when that isn't known or is erased."""
        return self.subjects.flags_of(watchlist_id, subject_id)

    async def record(self, outcomes: Sequence[ReferenceEnrolled]) -> set[str]:
        """Record how enrolments ended, each at one match instance.

        One rejection outweighs every enrolment: a reference is on the list everywhere or nowhere.
        A flag of one instance stays.

        Returns
        -------
        set of str
            The ids of those that are known.
        """
        async with self.turn:
            found = await self._references.find_all({each.reference_id for each in outcomes})
            known = {each.reference_id: each for each in found}
            ended = dict(known)
            for outcome in outcomes:
                if before := ended.get(outcome.reference_id):
                    version = await self.versions.sealed(before.watchlist_id)
                    is_ordered = version.ordered_hash is not None
                    ended[outcome.reference_id] = before.ended(outcome, is_ordered=is_ordered)
            changed = [each for each in ended.values() if each != known[each.reference_id]]
            if changed:
                await self._references.record(changed)
            return set(known)

    async def references(self, watchlist_id: str) -> Sequence[Reference]:
        """Return a version's references in the order in which they were added.

        Raises
        ------
        NotFound
            If there is no such version.
        """
        await self.versions.sealed(watchlist_id)
        return await self._references.of_watchlist(watchlist_id)

    async def of_subject(self, watchlist_id: str, subject_id: str) -> Sequence[Reference]:
        """Return a subject's references in the order in which they were added."""
        return await self._references.of_subject(watchlist_id, subject_id)

    async def after(self, watchlist_id: str, change: int, limit: int) -> Sequence[Reference]:
        """Return what changed behind a change, in the order of the last changes."""
        await self.versions.sealed(watchlist_id)
        return await self._references.after(watchlist_id, change, limit)

    async def counts(self, watchlist_id: str) -> Mapping[ReferenceState, int]:
        """Return how many references are in which state."""
        return await self._references.counts(watchlist_id)

    async def content_hash(self, watchlist_id: str) -> str:
        """Return the hash of what is enrolled: what an order names."""
        enrolled = await self._enrolled(watchlist_id)
        return watchlist_hash([(each.subject_id, each.image_sha256) for each in enrolled])

    async def details_hash(self, watchlist_id: str) -> str:
        """Return the hash of what is kept of a version and its subjects: an order names it too.

        Raises
        ------
        NotFound
            If there is no such version.
        """
        version = await self.versions.sealed(watchlist_id)
        return details_hash(version.details, await self.subjects.all_sealed(watchlist_id))

    async def enrolled_subjects(self, watchlist_id: str) -> int:
        """Return of how many subjects an image is enrolled; raises `NotFound`."""
        return len({each.subject_id for each in await self._enrolled(watchlist_id)})

    async def _enrolled(self, watchlist_id: str) -> list[Reference]:
        references = await self.references(watchlist_id)
        return [each for each in references if each.state is ReferenceState.ENROLLED]

    async def unsettled(self) -> Sequence[str]:
        """Return the references whose enrolment hasn't ended, of all versions."""
        return await self._references.unsettled()

    async def payload(self, reference_id: str) -> ReferencePayload:
        """Return a reference with its image.

        Raises
        ------
        NotFound
            If there is no such reference.
        Erased
            If its version's data key is erased.
        """
        found = await self._references.with_images([reference_id])
        if not found:
            raise NotFound("there is no such reference")
        [payload] = await self._opened(found[0][0].watchlist_id, found)
        return payload

    async def payloads(self, reference_ids: Sequence[str]) -> Mapping[str, ReferencePayload]:
        """Return references with their images, as enrolment takes them: those that are there."""
        of_list: dict[str, list[tuple[Reference, SealedBlob]]] = {}
        for known, blob in await self._references.with_images(reference_ids):
            of_list.setdefault(known.watchlist_id, []).append((known, blob))
        payloads = {}
        for watchlist_id, found in of_list.items():
            for payload in await self._opened_if_whole(watchlist_id, found):
                payloads[payload.reference_id] = payload
        return payloads

    async def _opened_if_whole(
        self, watchlist_id: str, found: Sequence[tuple[Reference, SealedBlob]]
    ) -> list[ReferencePayload]:
        """Open images; one that was altered keeps none of the others."""
        try:
            return await self._opened(watchlist_id, found)
        except (NotFound, Erased):
            return []
        except Refused:
            alone = [[each] for each in found] if len(found) > 1 else []
            opened = [await self._opened_if_whole(watchlist_id, each) for each in alone]
            return [payload for each in opened for payload in each]

    async def _opened(
        self, watchlist_id: str, found: Sequence[tuple[Reference, SealedBlob]]
    ) -> list[ReferencePayload]:
        key_name = (await self.versions.sealed(watchlist_id)).key_name
        images = await self._vault.open_all(
            key_name, [(blob, known.bound) for known, blob in found]
        )
        return [
            ReferencePayload(
                reference_id=known.reference_id,
                subject_id=known.subject_id,
                watchlist_id=watchlist_id,
                image_sha256=known.image_sha256,
                image=image,
            )
            for (known, _), image in zip(found, images, strict=True)
        ]

    async def remove(self, watchlist_id: str, reference_id: str) -> None:
        """Remove a rejected reference.

        Raises
        ------
        NotFound
            If there is no such reference.
        Conflict
            If it is enrolled or may yet be: its template wouldn't leave with it.
        """
        async with self.turn:
            found = await self._references.find_all({reference_id})
            known = next(iter(found), None)
            if known is None or known.watchlist_id != watchlist_id:
                raise NotFound("there is no such reference")
            if known.state is not ReferenceState.REJECTED:
                raise Conflict("only a rejected reference can be removed; register a new watchlist")
            await self._references.remove(reference_id)
