"""The watchlists this instance holds: what is enrolled, and whether it is what was ordered."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from lethe.contracts.enrolment import EnrolmentOutcome, ReferenceEnrolled, TemplatePayload
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import watchlist_hash
from lethe.match.ports import Reference, TemplateIndex

RESEMBLES = "resembles"
UNLIKE = "unlike"
_FLOAT_BYTES = 4


@dataclass(slots=True)
class _List:
    template_length: int
    content: dict[str, tuple[str, str]] = field(default_factory=dict)
    of_subject: dict[str, set[str]] = field(default_factory=dict)
    _hash: str | None = None

    @property
    def hash(self) -> str:
        """The content hash. Made when somebody asks: it takes as long as the list is large."""
        if self._hash is None:
            self._hash = watchlist_hash(list(self.content.values()))
        return self._hash

    def own(self, reference: Reference) -> set[str]:
        """Return the references that the subject of one has."""
        return self.of_subject.get(reference.subject_id, set())

    def put(self, reference: Reference) -> None:
        """Take a reference, from another subject if that had it before."""
        self._leave(reference.reference_id)
        self.content[reference.reference_id] = (reference.subject_id, reference.image_sha256)
        self.of_subject.setdefault(reference.subject_id, set()).add(reference.reference_id)
        self._hash = None

    def _leave(self, reference_id: str) -> None:
        if reference_id not in self.content:
            return
        subject_id, _ = self.content[reference_id]
        left = self.of_subject[subject_id]
        left.discard(reference_id)
        if not left:
            del self.of_subject[subject_id]


class Watchlists:
    """Enrols references and answers for the content hash of what is enrolled.

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
        self._lists: dict[str, _List] = {}
        self._dropped: set[str] = set()
        # Of a list that is dropped while something is being added nothing may be left.
        self._turn = asyncio.Lock()

    def hashes(self) -> dict[str, str]:
        """Return the content hash of each list held."""
        return {name: held.hash for name, held in self._lists.items()}

    def template_length(self, watchlist_id: str) -> int | None:
        """Return how many values a list's templates have; None for a list that isn't held."""
        held = self._lists.get(watchlist_id)
        return held.template_length if held is not None else None

    def subjects(self, watchlist_id: str) -> int:
        """Return how many subjects a list has; 0 for a list that isn't held."""
        held = self._lists.get(watchlist_id)
        return len(held.of_subject) if held is not None else 0

    def references_of(self, watchlist_id: str, subject_ids: Collection[str]) -> int:
        """Return how many references some subjects of a list have."""
        held = self._lists.get(watchlist_id)
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
        held = self._lists.get(payload.watchlist_id)
        if held is None:
            held = _List(len(reference.template))
            self._dropped.discard(payload.watchlist_id)
            await self._index.create(payload.watchlist_id, held.template_length)
            self._lists[payload.watchlist_id] = held
        if len(reference.template) != held.template_length:
            raise InvalidInput("a template has another length than its list")
        resembled = await self._resembled(payload.watchlist_id, reference)
        if resembled is not None:
            return self._rejected(payload, RESEMBLES, resembled)
        is_unlike = await self._is_unlike(payload.watchlist_id, reference)
        await self._index.add(payload.watchlist_id, reference)
        held.put(reference)
        return ReferenceEnrolled(
            reference_id=payload.reference_id,
            watchlist_id=payload.watchlist_id,
            instance_id=self._instance_id,
            outcome=EnrolmentOutcome.ENROLLED,
            # It never decides what is enrolled: it depends on which image came first.
            fault=UNLIKE if is_unlike else None,
        )

    async def drop(self, watchlist_id: str) -> None:
        """Erase a list, also one that only the index holds: this process may have been restarted.

        Raises
        ------
        Transient
            If the index is out of reach; the next call tries again.
        """
        async with self._turn:
            if watchlist_id in self._dropped:
                return
            self._lists.pop(watchlist_id, None)
            await self._index.drop(watchlist_id)
            self._dropped.add(watchlist_id)

    async def _resembled(self, watchlist_id: str, reference: Reference) -> str | None:
        own = self._lists[watchlist_id].own(reference)
        # One more than the subject has itself, so that its own can't hide another's.
        limit = len(own) + 1
        [near] = await self._index.search(watchlist_id, [reference.template], limit)
        for comparison in near:
            other = comparison.subject_id != reference.subject_id
            if other and comparison.cosine >= self._resemblance_cosine:
                return comparison.reference_id
        return None

    async def _is_unlike(self, watchlist_id: str, reference: Reference) -> bool:
        """Tell whether a reference looks like none of the subject's others."""
        own = self._lists[watchlist_id].own(reference) - {reference.reference_id}
        if not own:
            return False
        cosines = await self._index.compare(watchlist_id, reference.template, sorted(own))
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
        )


def _reference(payload: TemplatePayload) -> Reference:
    if not payload.template or len(payload.template) % _FLOAT_BYTES:
        raise InvalidInput("a template is malformed")
    template = np.frombuffer(payload.template, dtype="<f4")
    if not bool(np.isfinite(template).all()):
        raise InvalidInput("a template is malformed")
    return Reference(payload.reference_id, payload.subject_id, payload.image_sha256, template)
