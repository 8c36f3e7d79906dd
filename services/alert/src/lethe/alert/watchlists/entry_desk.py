"""Entries are looked up, sealed and added together: one transaction for as many as come."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from lethe.alert.errors import Conflict, bare
from lethe.alert.vault import Vault
from lethe.alert.watchlists.entry import Entered, Entry
from lethe.alert.watchlists.entry_lot import EntryLot
from lethe.alert.watchlists.reference import Reference
from lethe.alert.watchlists.shelf import Shelf
from lethe.alert.watchlists.subject import SealedSubject, SubjectDetails, subject_bound
from lethe.alert.watchlists.subject_desk import SubjectDesk
from lethe.alert.watchlists.version import SealedVersion
from lethe.alert.watchlists.version_desk import VersionDesk
from lethe.contracts.errors import Erased, LetheError


class EntryDesk:
    """Takes entries of one version at a time.

    Parameters
    ----------
    turn
        As that of the versions.
    """

    def __init__(
        self,
        shelf: Shelf,
        versions: VersionDesk,
        subjects: SubjectDesk,
        vault: Vault,
        turn: asyncio.Lock,
    ) -> None:
        self._store = shelf.entries
        self._versions = versions
        self._subjects = subjects
        self._vault = vault
        self._turn = turn

    async def enter(self, watchlist_id: str, entries: Sequence[Entry]) -> list[Entered]:
        """List subjects and take their images, to be enrolled.

        Whatever is there already is answered with, and not added again: the same details are the
        subject that is there, the same image of the same subject is its reference.

        Returns
        -------
        list of Entered
            In the order of the entries. What is wrong with one is in it, and holds up no other.

        Raises
        ------
        NotFound, Erased
            If there is no such version, or its data key is erased.
        Transient
            If the database or the key store didn't take it; nothing was added.
        """
        async with self._turn:
            version = await self._versions.sealed(watchlist_id)
            told = [each.who for each in entries if isinstance(each.who, SubjectDetails)]
            tags = iter(await self._subjects.tags(version, told))
            by_entry = [
                next(tags) if isinstance(each.who, SubjectDetails) else "" for each in entries
            ]
            lot = await self._lot(version, entries, by_entry)
            entered = [lot.enter(*each) for each in zip(entries, by_entry, strict=True)]
            added = {each.reference_id: each for each in await self._add(version, lot)}
        return [
            replace(
                one,
                images=[
                    added.get(each.reference_id, each) if isinstance(each, Reference) else each
                    for each in one.images
                ],
            )
            for one in entered
        ]

    async def _lot(
        self, version: SealedVersion, entries: Sequence[Entry], tags: Sequence[str]
    ) -> EntryLot:
        images = [image for each in entries for image in each.images if isinstance(image, bytes)]
        listed = await self._store.listed(
            version.watchlist_id,
            number_tags=set(tags),
            subject_ids={each.who for each in entries if isinstance(each.who, str)},
            images={sha256(image).hexdigest() for image in images},
        )
        opened = await self._subjects.opened(version, listed.subjects)
        return EntryLot(
            version.watchlist_id,
            await self._why_closed(version.watchlist_id),
            ids={each.subject_id for each in listed.subjects},
            numbered={
                sealed.number_tag: (sealed.subject_id, subject.details)
                for sealed, subject in zip(listed.subjects, opened, strict=True)
            },
            images={each.image_sha256: each for each in listed.references},
            check=await self._subjects.checker(version.watchlist_id),
        )

    async def _why_closed(self, watchlist_id: str) -> LetheError | None:
        try:
            await self._versions.open_one(watchlist_id)
        except (Conflict, Erased) as closed:
            return bare(closed)
        return None

    async def _add(self, version: SealedVersion, lot: EntryLot) -> Sequence[Reference]:
        if not lot.subjects and not lot.references:
            return ()
        bounds = [subject_bound(version.watchlist_id, each) for each, _, _ in lot.subjects]
        details = [each.encode() for _, _, each in lot.subjects]
        sealed = await self._vault.seal_all(
            version.key_name,
            [
                *zip(details, bounds, strict=True),
                *((image, reference.bound) for reference, image in lot.references),
            ],
        )
        blobs = iter(sealed)
        subjects = [
            SealedSubject(version.watchlist_id, subject_id, tag, bound, next(blobs))
            for (subject_id, tag, _), bound in zip(lot.subjects, bounds, strict=True)
        ]
        references = [(reference, next(blobs)) for reference, _ in lot.references]
        added = await self._store.add(version.watchlist_id, subjects, references)
        for subject_id, _, told in lot.subjects:
            self._subjects.name(version, subject_id, told)
        return added
