"""What a reference is, and where references are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from lethe.alert.vault import SealedBlob


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
    change: int = 0


class ReferenceStore(Protocol):
    """Where references are kept. Every writing method returns after its commit."""

    async def add(self, reference: Reference, image: SealedBlob) -> Reference:
        """Add a reference; return it with its change."""
        ...

    async def find(self, reference_id: str) -> Reference | None:
        """Return one reference."""
        ...

    async def of_image(self, watchlist_id: str, image_sha256: str) -> Sequence[Reference]:
        """Return the references that hold an image."""
        ...

    async def with_image(self, reference_id: str) -> tuple[Reference, SealedBlob] | None:
        """Return a reference with its sealed image."""
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

    async def record(self, reference: Reference) -> None:
        """Record a reference's state, fault and resemblance."""
        ...

    async def remove(self, reference_id: str) -> None:
        """Remove a reference with its image."""
        ...
