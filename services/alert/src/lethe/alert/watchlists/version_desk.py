"""Versions of watchlists: made, described, and closed to changes once they are ordered."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lethe.alert.errors import Conflict, NotFound, Stale
from lethe.alert.vault import SealedBlob, Vault
from lethe.alert.watchlists.version import ListDetails, SealedVersion, Version, VersionStore
from lethe.contracts.errors import Erased

KEY_PREFIX = "watchlist-"
"""How the names of the data keys of versions begin, and no others."""


class VersionDesk:
    """Keeps versions: each has a data key of its own, which seals all that is personal in it.

    Parameters
    ----------
    turn
        One writer at a time: what is looked up first is still so when it is written.
    """

    def __init__(self, store: VersionStore, vault: Vault, turn: asyncio.Lock) -> None:
        self._store = store
        self._vault = vault
        self._turn = turn
        # Asked for with every subject and every image; whoever leads writes alone.
        self._known: dict[str, SealedVersion] = {}

    async def register(self, watchlist_id: str, details: ListDetails) -> bool:
        """Make the first version of a watchlist.

        Returns
        -------
        bool
            Whether it is new; what is there stays as it is.

        Raises
        ------
        Conflict
            If one of this id is erased.
        """
        async with self._turn:
            known = await self._store.find(watchlist_id)
            if known is not None and known.is_erased:
                raise Conflict("the watchlist of this id is erased; choose another id")
            if known is not None:
                return False
            await self._add(watchlist_id, watchlist_id, 1, details)
            return True

    async def copy(self, source_id: str, watchlist_id: str) -> bool:
        """Make the next version of a watchlist, described as another one of it, without subjects.

        Returns
        -------
        bool
            Whether it is new; what is there stays as it is.

        Raises
        ------
        NotFound, Erased
            If there is no such version to copy, or it is erased.
        Conflict
            If the id is another watchlist's, or one that is erased.
        """
        async with self._turn:
            source = await self.sealed(source_id)
            details = await self._details(source)
            if details is None:
                raise Erased("this watchlist is erased; there is nothing left to copy")
            known = await self._store.find(watchlist_id)
            if known is not None and (known.is_erased or known.list_id != source.list_id):
                raise Conflict("the id is another watchlist's; choose another one")
            if watchlist_id == source_id:
                raise Conflict("a copy needs an id of its own")
            if known is not None:
                return False
            number = await self._store.newest(source.list_id) + 1
            await self._add(watchlist_id, source.list_id, number, details, source_id)
            return True

    async def find(self, watchlist_id: str) -> Version:
        """Return a version.

        Raises
        ------
        NotFound
            If there is none of this id.
        """
        return await self._opened(await self.sealed(watchlist_id))

    async def after(self, watchlist_id: str, limit: int) -> list[Version]:
        """Return versions in the order of their ids, behind one."""
        found = await self._store.after(watchlist_id, limit)
        return [await self._opened(sealed) for sealed in found]

    async def all_ids(self) -> Sequence[str]:
        """Return all versions."""
        return await self._store.all_ids()

    async def edit(self, watchlist_id: str, details: ListDetails, revision: int) -> Version:
        """Describe a version differently.

        Raises
        ------
        NotFound, Conflict
            As `open_one`.
        Erased
            If its data key is erased.
        Stale
            If it was changed since that revision.
        """
        async with self._turn:
            known = await self.open_one(watchlist_id)
            changed = replace(
                known,
                details=await self._sealed(known.key_name, watchlist_id, details),
                revision=revision + 1,
            )
            if not await self._store.change(changed, revision):
                raise Stale("it was changed meanwhile; read it again")
            self._known[watchlist_id] = changed
            return await self._opened(changed)

    async def freeze(
        self, watchlist_id: str, ordered_hash: str, composition: Mapping[str, int]
    ) -> None:
        """Close a version to changes: it is ordered. One that isn't kept here is left so.

        Whoever does has the turn, from looking at what the version holds until it is closed.
        """
        known = await self._store.find(watchlist_id)
        if known is not None and known.ordered_hash is None:
            await self._store.freeze(watchlist_id, ordered_hash, composition)
            self._known[watchlist_id] = replace(
                known, ordered_hash=ordered_hash, composition=composition
            )

    async def sealed(self, watchlist_id: str) -> SealedVersion:
        """Return a version as it is stored; raises `NotFound`."""
        known = self._known.get(watchlist_id) or await self._store.find(watchlist_id)
        if known is None:
            raise NotFound("there is no such watchlist; register it first")
        self._known[watchlist_id] = known
        return known

    def forget(self, watchlist_id: str) -> None:
        """Read a version anew when it is asked for."""
        self._known.pop(watchlist_id, None)

    async def open_one(self, watchlist_id: str) -> SealedVersion:
        """Return a version that may be changed.

        Raises
        ------
        NotFound
            If there is none of this id.
        Conflict
            If it was ordered.
        Erased
            If it is erased.
        """
        known = await self.sealed(watchlist_id)
        if known.is_erased:
            raise Erased("this watchlist is erased; make another one")
        if known.ordered_hash is not None:
            raise Conflict("this version was ordered and can't be changed; make a new one")
        return known

    async def _add(
        self,
        watchlist_id: str,
        list_id: str,
        number: int,
        details: ListDetails,
        copied_from: str | None = None,
    ) -> None:
        key_name = f"{KEY_PREFIX}{secrets.token_hex(8)}"
        await self._vault.create(key_name)
        sealed = await self._sealed(key_name, watchlist_id, details)
        version = SealedVersion(watchlist_id, list_id, number, key_name, sealed)
        await self._store.add(version, copied_from)

    async def _sealed(self, key_name: str, watchlist_id: str, details: ListDetails) -> SealedBlob:
        encoded = details.model_dump_json().encode()
        return await self._vault.seal(key_name, encoded, bound=_bound(watchlist_id))

    async def _opened(self, sealed: SealedVersion) -> Version:
        return Version(
            watchlist_id=sealed.watchlist_id,
            list_id=sealed.list_id,
            number=sealed.number,
            revision=sealed.revision,
            details=await self._details(sealed),
            ordered_hash=sealed.ordered_hash,
            composition=sealed.composition,
        )

    async def _details(self, sealed: SealedVersion) -> ListDetails | None:
        if sealed.is_erased:
            return None
        if sealed.details is None:
            return ListDetails()
        bound = _bound(sealed.watchlist_id)
        try:
            opened = await self._vault.open(sealed.key_name, sealed.details, bound=bound)
        except Erased:
            return None
        return ListDetails.model_validate_json(opened)


def _bound(watchlist_id: str) -> str:
    return f"list:{watchlist_id}"
