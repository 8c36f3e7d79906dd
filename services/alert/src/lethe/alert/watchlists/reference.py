"""What a reference is, and where references are kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from lethe.alert.vault import SealedBlob
from lethe.contracts.enrolment import EnrolmentOutcome, ReferenceEnrolled


class ReferenceState(StrEnum):
    """Where in its enrolment a reference is."""

    SUBMITTED = "submitted"
    ENROLLED = "enrolled"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Reference:
    """One image of a subject, without the image.

    Attributes
    ----------
    fault
        Why it was rejected; of one that is enrolled, why somebody should look at it.
    resembles
        The reference of another subject that it looks like.
    pack
        Digest of the model pack that the state came of, of one that is submitted that of the state
        before; None where that wasn't kept.
    unfit_pack, unfit_fault
        A pack with which it can't be searched though an order names it, and why.
    change
        Rises with every change of any reference of the version: who has seen one number finds
        what changed since behind it. 0 before it is added.
    """

    reference_id: str
    watchlist_id: str
    subject_id: str
    image_sha256: str
    state: ReferenceState = ReferenceState.SUBMITTED
    fault: str | None = None
    resembles: str | None = None
    pack: str | None = None
    unfit_pack: str | None = None
    unfit_fault: str | None = None
    change: int = 0

    @property
    def bound(self) -> str:
        """What its image is sealed as."""
        return f"image:{self.watchlist_id}:{self.reference_id}"

    def ended(self, outcome: ReferenceEnrolled, *, is_ordered: bool = False) -> "Reference":
        """Return what it is after an outcome of one match instance.

        Parameters
        ----------
        is_ordered
            An order names its version: what is enrolled in it stays so.
        """
        if self.state is ReferenceState.REJECTED:
            return self
        rejected = outcome.outcome is EnrolmentOutcome.REJECTED
        if is_ordered and rejected and self.state is ReferenceState.ENROLLED:
            return replace(self, unfit_pack=outcome.model, unfit_fault=outcome.fault)
        return replace(
            self,
            state=ReferenceState.REJECTED if rejected else ReferenceState.ENROLLED,
            fault=outcome.fault or self.fault,
            resembles=outcome.resembles,
            pack=outcome.model or None,
        )


@dataclass(frozen=True, slots=True)
class PackCount:
    """How many references have a state, a model pack, and one that they are unfit for."""

    state: ReferenceState
    pack: str | None
    unfit_pack: str | None
    count: int


class ReferenceStore(Protocol):
    """Where references are kept. Every writing method returns after its commit."""

    async def find_all(self, reference_ids: Collection[str]) -> Sequence[Reference]:
        """Return those of some references that there are."""
        ...

    async def with_images(
        self, reference_ids: Collection[str]
    ) -> Sequence[tuple[Reference, SealedBlob]]:
        """Return those of some references that there are, with their sealed images."""
        ...

    async def of_watchlist(self, watchlist_id: str) -> Sequence[Reference]:
        """Return a version's references in the order in which they were added."""
        ...

    async def of_subject(self, watchlist_id: str, subject_id: str) -> Sequence[Reference]:
        """Return a subject's references in the order in which they were added."""
        ...

    async def after(self, watchlist_id: str, change: int, limit: int) -> Sequence[Reference]:
        """Return references that changed behind a change, in the order of their last changes."""
        ...

    async def counts(self, watchlist_id: str) -> Mapping[ReferenceState, int]:
        """Return how many references are in which state."""
        ...

    async def unsettled(self) -> Sequence[str]:
        """Return the references whose enrolment hasn't ended, of all versions."""
        ...

    async def record(self, changed: Sequence[Reference]) -> None:
        """Record what became of references, all or none."""
        ...

    async def packs(self, watchlist_id: str) -> Sequence[PackCount]:
        """Return how many references of a version came to which state with which model pack."""
        ...

    async def renew(self, watchlist_id: str, pack: str) -> Sequence[str]:
        """Submit all again that another model pack enrolled or rejected; return all submitted."""
        ...

    async def forgive(self, watchlist_id: str) -> None:
        """Forget that references can't be searched with a model pack: it is tried once more."""
        ...

    async def remove(self, reference_id: str) -> None:
        """Remove a reference with its image."""
        ...
