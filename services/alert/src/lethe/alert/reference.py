"""What a reference is, and where references are kept."""

from dataclasses import dataclass, field
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
        Why it was rejected.
    resembles
        The reference of another subject that it looks like.
    """

    reference_id: str
    watchlist_id: str
    subject_id: str
    name: str = field(repr=False)
    image_sha256: str
    state: ReferenceState = ReferenceState.SUBMITTED
    fault: str | None = None
    resembles: str | None = None


@dataclass(frozen=True, slots=True)
class SealedReference:
    """A reference as it is stored: its name and image under the watchlist's data key."""

    reference_id: str
    watchlist_id: str
    subject_id: str
    image_sha256: str
    state: ReferenceState
    fault: str | None
    resembles: str | None
    name: SealedBlob


class ReferenceStore(Protocol):
    """Where watchlists are kept. Every writing method returns after its commit."""

    async def add_watchlist(self, watchlist_id: str, key_name: str) -> None:
        """Add a watchlist and the name of its data key."""
        ...

    async def key_name(self, watchlist_id: str) -> str | None:
        """Return the name of a watchlist's data key; None for an unknown watchlist."""
        ...

    async def watchlist_ids(self) -> list[str]:
        """Return all watchlists."""
        ...

    async def add(self, reference: SealedReference, image: SealedBlob) -> None:
        """Add a reference."""
        ...

    async def find(self, reference_id: str) -> SealedReference | None:
        """Return one reference."""
        ...

    async def find_same(
        self, watchlist_id: str, subject_id: str, image_sha256: str
    ) -> SealedReference | None:
        """Return the reference that holds this image of this subject."""
        ...

    async def image(self, reference_id: str) -> SealedBlob | None:
        """Return a reference's sealed image."""
        ...

    async def of_watchlist(self, watchlist_id: str) -> list[SealedReference]:
        """Return a watchlist's references in the order in which they were added."""
        ...

    async def record(self, reference: SealedReference) -> None:
        """Record a reference's state, fault and resemblance."""
        ...

    async def remove(self, reference_id: str) -> None:
        """Remove a reference with its image."""
        ...
