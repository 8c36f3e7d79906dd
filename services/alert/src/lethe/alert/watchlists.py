"""Watchlists: whose references are submitted, and what became of them."""

import asyncio
import secrets
from dataclasses import replace
from hashlib import sha256

from lethe.alert.errors import Conflict, NotFound
from lethe.alert.reference import Reference, ReferenceState, ReferenceStore, SealedReference
from lethe.alert.vault import SealedBlob, Vault
from lethe.contracts.enrolment import EnrolmentOutcome, ReferenceEnrolled, ReferencePayload
from lethe.contracts.errors import Erased

__all__ = ["Reference", "ReferenceState", "WatchlistBook"]


class WatchlistBook:
    """Keeps watchlists: one data key per watchlist seals its names and images."""

    def __init__(self, store: ReferenceStore, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        # Names are asked for with every alert and every client.
        self._names: dict[tuple[str, str], str] = {}
        # One writer at a time: what is looked up first is still so when it is written.
        self._turn = asyncio.Lock()

    async def restore(self) -> None:
        """Load the names of all subjects. Call it once at the start."""
        for watchlist_id in await self._store.watchlist_ids():
            try:
                await self.references(watchlist_id)
            except Erased:
                continue

    def name_of(self, watchlist_id: str, subject_id: str) -> str:
        """Return a subject's name, or its id when the name isn't known or is erased."""
        return self._names.get((watchlist_id, subject_id), subject_id)

    async def register(self, watchlist_id: str) -> bool:
        """Register a watchlist.

        Returns
        -------
        bool
            Whether it is new.
        """
        async with self._turn:
            if await self._store.key_name(watchlist_id) is not None:
                return False
            key_name = f"watchlist-{secrets.token_hex(8)}"
            await self._vault.create(key_name)
            await self._store.add_watchlist(watchlist_id, key_name)
            return True

    async def add(self, watchlist_id: str, subject_id: str, name: str, image: bytes) -> Reference:
        """Add an image of a subject, to be enrolled.

        The same image of the same subject again returns the reference that is there.

        Raises
        ------
        NotFound
            If the watchlist isn't registered.
        """
        async with self._turn:
            key_name = await self._key_name(watchlist_id)
            image_sha256 = sha256(image).hexdigest()
            known = await self._store.find_same(watchlist_id, subject_id, image_sha256)
            if known is not None:
                return _opened(known, self.name_of(watchlist_id, subject_id))
            reference = Reference(
                reference_id=secrets.token_hex(12),
                watchlist_id=watchlist_id,
                subject_id=subject_id,
                name=name,
                image_sha256=image_sha256,
            )
            await self._store.add(
                _sealed(
                    reference,
                    await self._vault.seal(
                        key_name, name.encode(), bound=_bound("name", reference)
                    ),
                ),
                await self._vault.seal(key_name, image, bound=_bound("image", reference)),
            )
            self._names[watchlist_id, subject_id] = name
            return reference

    async def record(self, outcome: ReferenceEnrolled) -> bool:
        """Record how an enrolment ended at one match instance.

        One rejection outweighs every enrolment: a reference is on the list everywhere or nowhere.

        Returns
        -------
        bool
            Whether the reference is known.
        """
        async with self._turn:
            known = await self._store.find(outcome.reference_id)
            if known is None:
                return False
            if known.state is not ReferenceState.REJECTED:
                rejected = outcome.outcome is EnrolmentOutcome.REJECTED
                state = ReferenceState.REJECTED if rejected else ReferenceState.ENROLLED
                await self._store.record(
                    replace(known, state=state, fault=outcome.fault, resembles=outcome.resembles)
                )
            return True

    async def references(self, watchlist_id: str) -> list[Reference]:
        """Return a watchlist's references in the order in which they were added.

        Raises
        ------
        NotFound
            If the watchlist isn't registered.
        Erased
            If its data key is erased.
        """
        key_name = await self._key_name(watchlist_id)
        stored = await self._store.of_watchlist(watchlist_id)
        names = await self._vault.open_all(
            key_name, [(sealed.name, _bound("name", sealed)) for sealed in stored]
        )
        references = [
            _opened(sealed, name.decode()) for sealed, name in zip(stored, names, strict=True)
        ]
        self._names.update({(watchlist_id, r.subject_id): r.name for r in references})
        return references

    async def enrolled(self, watchlist_id: str) -> list[tuple[str, str]]:
        """Return (subject_id, image_sha256) of what is enrolled: what an order's hash is over."""
        return [
            (reference.subject_id, reference.image_sha256)
            for reference in await self.references(watchlist_id)
            if reference.state is ReferenceState.ENROLLED
        ]

    async def unsettled(self) -> list[str]:
        """Return the references whose enrolment hasn't ended, of all watchlists."""
        return [
            sealed.reference_id
            for watchlist_id in await self._store.watchlist_ids()
            for sealed in await self._store.of_watchlist(watchlist_id)
            if sealed.state is ReferenceState.SUBMITTED
        ]

    async def payload(self, reference_id: str) -> ReferencePayload:
        """Return a reference with its image, as enrolment takes it.

        Raises
        ------
        NotFound
            If there is no such reference.
        Erased
            If its watchlist's data key is erased.
        """
        sealed = await self._store.find(reference_id)
        blob = await self._store.image(reference_id)
        if sealed is None or blob is None:
            raise NotFound("there is no such reference")
        key_name = await self._key_name(sealed.watchlist_id)
        return ReferencePayload(
            reference_id=reference_id,
            subject_id=sealed.subject_id,
            watchlist_id=sealed.watchlist_id,
            image_sha256=sealed.image_sha256,
            image=await self._vault.open(key_name, blob, bound=_bound("image", sealed)),
        )

    async def remove(self, watchlist_id: str, reference_id: str) -> None:
        """Remove a rejected reference.

        Raises
        ------
        NotFound
            If there is no such reference.
        Conflict
            If it is enrolled or may yet be: its template wouldn't leave with it.
        """
        async with self._turn:
            known = await self._store.find(reference_id)
            if known is None or known.watchlist_id != watchlist_id:
                raise NotFound("there is no such reference")
            if known.state is not ReferenceState.REJECTED:
                raise Conflict("only a rejected reference can be removed; register a new watchlist")
            await self._store.remove(reference_id)
            self._names.pop((watchlist_id, known.subject_id), None)
            # Other images of the subject bring the name back.
            await self.references(watchlist_id)

    async def _key_name(self, watchlist_id: str) -> str:
        key_name = await self._store.key_name(watchlist_id)
        if key_name is None:
            raise NotFound("there is no such watchlist; register it first")
        return key_name


def _opened(sealed: SealedReference, name: str) -> Reference:
    return Reference(
        reference_id=sealed.reference_id,
        watchlist_id=sealed.watchlist_id,
        subject_id=sealed.subject_id,
        name=name,
        image_sha256=sealed.image_sha256,
        state=sealed.state,
        fault=sealed.fault,
        resembles=sealed.resembles,
    )


def _sealed(reference: Reference, name: SealedBlob) -> SealedReference:
    return SealedReference(
        reference_id=reference.reference_id,
        watchlist_id=reference.watchlist_id,
        subject_id=reference.subject_id,
        image_sha256=reference.image_sha256,
        state=reference.state,
        fault=reference.fault,
        resembles=reference.resembles,
        name=name,
    )


def _bound(what: str, reference: Reference | SealedReference) -> str:
    return f"{what}:{reference.watchlist_id}:{reference.reference_id}"
