"""The lists this instance holds: what is enrolled, and whether it is what was ordered."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from lethe.contracts.enrolment import EnrolmentOutcome, ReferenceEnrolled, TemplatePayload
from lethe.contracts.errors import InvalidInput
from lethe.contracts.keys import HeldList
from lethe.contracts.orders import watchlist_hash
from lethe.match.ports import ListName, Reference, TemplateIndex

RESEMBLES = "resembles"
UNLIKE = "unlike"
_FLOAT_BYTES = 4
_TOLD_AT_ONCE = 5_000
"""A list of so many references is told the second time after it changed; a larger one later."""


@dataclass(slots=True)
class _List:
    """What a list holds.

    Attributes
    ----------
    content_hash
        Of what it held when it was told last; None since it changed.
    rested
        How often it was told since it changed.
    """

    template_length: int
    content: dict[str, tuple[str, str]] = field(default_factory=dict)
    of_subject: dict[str, set[str]] = field(default_factory=dict)
    content_hash: str | None = None
    rested: int = 0

    def tell(self) -> str:
        """Return the content hash, or nothing where it changed since it was told last.

        It takes as long as the list is large, so that it is made once nothing comes any more:
        beside live video, where references come one by one, a large list would hold up searches
        again and again.
        """
        if self.content_hash is None and self.rested > len(self.content) // _TOLD_AT_ONCE:
            self.content_hash = watchlist_hash(list(self.content.values()))
        self.rested += 1
        return self.content_hash or ""

    def own(self, reference: Reference) -> set[str]:
        """Return the references that the subject of one has."""
        return self.of_subject.get(reference.subject_id, set())

    def put(self, reference: Reference) -> None:
        """Take a reference, from another subject if that had it before."""
        told = (reference.subject_id, reference.image_sha256)
        if self.content.get(reference.reference_id) == told:
            return  # sent again, for an instance that lacked it
        self._leave(reference.reference_id)
        self.content[reference.reference_id] = told
        self.of_subject.setdefault(reference.subject_id, set()).add(reference.reference_id)
        self.content_hash, self.rested = None, 0

    def _leave(self, reference_id: str) -> None:
        if reference_id not in self.content:
            return
        subject_id, _ = self.content[reference_id]
        left = self.of_subject[subject_id]
        left.discard(reference_id)
        if not left:
            del self.of_subject[subject_id]


class Watchlists:
    """Enrols references, each into the list of the model pack that made its template.

    While a list is enrolled with another pack, that of the pack before is searched as it was: what
    a probe is compared with was made as the probe was, and is whole.

    Parameters
    ----------
    resemblance_cosine
        From this cosine on, references of two subjects are taken for one person, and the later
        one is rejected: an alert must not name one of two.
    unlikeness_cosine
        A reference whose best cosine to the subject's others is below it is flagged.
    """

    def __init__(
        self,
        index: TemplateIndex,
        *,
        instance_id: str,
        resemblance_cosine: float,
        unlikeness_cosine: float,
    ) -> None:
        self._index = index
        self._instance_id = instance_id
        self._resemblance_cosine = resemblance_cosine
        self._unlikeness_cosine = unlikeness_cosine
        self._lists: dict[ListName, _List] = {}
        self._dropped: set[str] = set()
        # Of these the index may have dropped a part.
        self._dropping: set[ListName] = set()
        # Of a list that is dropped while something is being added nothing may be left.
        self._turn = asyncio.Lock()

    def tell(self) -> tuple[HeldList, ...]:
        """Return what is held, for a ticket: of a list that changed since the last without a hash.

        Until its hash was told, nothing in a list is searched.
        """
        return tuple(
            HeldList(
                watchlist_id=name.watchlist_id,
                model=name.model,
                references=len(held.content),
                content_hash=held.tell(),
                subjects=len(held.of_subject),
            )
            for name, held in self._lists.items()
        )

    def whole(self, watchlist_id: str, content_hash: str) -> list[ListName]:
        """Return the lists of a version that hold exactly what an order names."""
        return [
            name
            for name, held in self._lists.items()
            if name.watchlist_id == watchlist_id and held.content_hash == content_hash
        ]

    def template_length(self, name: ListName) -> int | None:
        """Return how many values a list's templates have; None for a list that isn't held."""
        held = self._lists.get(name)
        return held.template_length if held is not None else None

    def subjects(self, name: ListName) -> int:
        """Return how many subjects a list has; 0 for a list that isn't held."""
        held = self._lists.get(name)
        return len(held.of_subject) if held is not None else 0

    def references_of(self, name: ListName, subject_ids: Collection[str]) -> int:
        """Return how many references some subjects of a list have."""
        held = self._lists.get(name)
        if held is None:
            return 0
        return sum(len(held.of_subject.get(each, ())) for each in subject_ids)

    async def enrol(self, payload: TemplatePayload) -> ReferenceEnrolled:
        """Add a reference to its list, unless it has a fault or looks like another subject.

        Raises
        ------
        Transient
            If the index is out of reach.
        InvalidInput
            If the template is malformed.
        """
        if payload.fault is not None:
            return self._rejected(payload, payload.fault)
        reference = _reference(payload)
        async with self._turn:
            return await self._enrol(payload, reference)

    async def _enrol(self, payload: TemplatePayload, reference: Reference) -> ReferenceEnrolled:
        name = ListName(payload.watchlist_id, payload.model)
        held = self._lists.get(name)
        if held is None:
            held = _List(len(reference.template))
            self._dropped.discard(payload.watchlist_id)
            await self._index.create(name, held.template_length)
            self._lists[name] = held
        if len(reference.template) != held.template_length:
            raise InvalidInput("a template has another length than its list")
        resembled = await self._resembled(name, reference)
        if resembled is not None:
            return self._rejected(payload, RESEMBLES, resembled)
        is_unlike = await self._is_unlike(name, reference)
        await self._index.add(name, reference)
        held.put(reference)
        return ReferenceEnrolled(
            reference_id=payload.reference_id,
            watchlist_id=payload.watchlist_id,
            instance_id=self._instance_id,
            outcome=EnrolmentOutcome.ENROLLED,
            # It never decides what is enrolled: it depends on which image came first.
            fault=UNLIKE if is_unlike else None,
            model=payload.model,
        )

    async def drop(self, watchlist_id: str) -> None:
        """Erase the lists of a version, of every pack.

        Also those that only the index holds: this process may have been restarted.

        Raises
        ------
        Transient
            If the index is out of reach; the next call tries again.
        """
        async with self._turn:
            if watchlist_id in self._dropped:
                return
            for name in await self._everywhere():
                if name.watchlist_id == watchlist_id:
                    await self._drop(name)
            self._dropped.add(watchlist_id)

    async def drop_superseded(self, ordered: Mapping[str, str], in_use: Collection[str]) -> None:
        """Erase lists of packs that nobody uses any more, where another is in their place.

        Parameters
        ----------
        ordered
            The content hash that orders name, by version: of these the other must be whole.
        in_use
            The packs that make probes now.

        Raises
        ------
        Transient
            If the index is out of reach; the next call tries again.
        """
        async with self._turn:
            replaced = {
                name.watchlist_id
                for name in self._lists
                if name.model in in_use and self._is_ready(name, ordered.get(name.watchlist_id))
            }
            if not replaced:
                return
            for name in await self._everywhere():
                if name.watchlist_id in replaced and name.model not in in_use:
                    await self._drop(name)

    def _is_ready(self, name: ListName, content_hash: str | None) -> bool:
        """Tell whether a list can take the place of others; nobody searches one without order."""
        return content_hash is None or self._lists[name].content_hash == content_hash

    async def _everywhere(self) -> set[ListName]:
        return {*self._lists, *self._dropping, *await self._index.names()}

    async def _drop(self, name: ListName) -> None:
        self._lists.pop(name, None)
        self._dropping.add(name)
        await self._index.drop(name)
        self._dropping.discard(name)

    async def _resembled(self, name: ListName, reference: Reference) -> str | None:
        own = self._lists[name].own(reference)
        # One more than the subject has itself, so that its own can't hide another's.
        limit = len(own) + 1
        [near] = await self._index.search(name, [reference.template], limit)
        for comparison in near:
            other = comparison.subject_id != reference.subject_id
            if other and comparison.cosine >= self._resemblance_cosine:
                return comparison.reference_id
        return None

    async def _is_unlike(self, name: ListName, reference: Reference) -> bool:
        """Tell whether a reference looks like none of the subject's others."""
        own = self._lists[name].own(reference) - {reference.reference_id}
        if not own:
            return False
        cosines = await self._index.compare(name, reference.template, sorted(own))
        return bool(cosines) and max(cosines) < self._unlikeness_cosine

    def _rejected(
        self, payload: TemplatePayload, fault: str, resembles: str | None = None
    ) -> ReferenceEnrolled:
        return ReferenceEnrolled(
            reference_id=payload.reference_id,
            watchlist_id=payload.watchlist_id,
            instance_id=self._instance_id,
            outcome=EnrolmentOutcome.REJECTED,
            fault=fault,
            resembles=resembles,
            model=payload.model,
        )


def _reference(payload: TemplatePayload) -> Reference:
    if not payload.template or len(payload.template) % _FLOAT_BYTES:
        raise InvalidInput("a template is malformed")
    template = np.frombuffer(payload.template, dtype="<f4")
    if not bool(np.isfinite(template).all()):
        raise InvalidInput("a template is malformed")
    return Reference(payload.reference_id, payload.subject_id, payload.image_sha256, template)
