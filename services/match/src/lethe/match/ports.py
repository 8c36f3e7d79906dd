"""What match asks of a vector index."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Template = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ListName:
    """A list to search: one watchlist version, with the templates of one model pack.

    Attributes
    ----------
    model
        Digest of the pack; empty of templates from before that was told.
    """

    watchlist_id: str
    model: str


@dataclass(frozen=True, slots=True)
class Reference:
    """An enrolled template: float32, length 1."""

    reference_id: str
    subject_id: str
    image_sha256: str
    template: Template = field(repr=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A probe compared with one reference."""

    reference_id: str
    subject_id: str
    cosine: float


class TemplateIndex(Protocol):
    """Exact search among the references of one list.

    Every call may raise `lethe.contracts.errors.Transient` when the index is out of reach.
    """

    async def create(self, name: ListName, template_length: int) -> None:
        """Make a list, unless it is there."""
        ...

    async def add(self, name: ListName, reference: Reference) -> None:
        """Add a reference, or replace the one of the same id."""
        ...

    async def search(
        self, name: ListName, probes: list[Template], limit: int
    ) -> list[list[Comparison]]:
        """Return for each probe its best comparisons, best first."""
        ...

    async def compare(
        self, name: ListName, probe: Template, reference_ids: list[str]
    ) -> list[float]:
        """Return the cosines of a probe and some references; those that aren't there have none."""
        ...

    async def drop(self, name: ListName) -> None:
        """Erase the list with everything in it; one that isn't there is left so."""
        ...

    async def names(self) -> list[ListName]:
        """Return all lists that it holds, also of processes that are over."""
        ...

    async def close(self) -> None:
        """Disconnect; a list in memory is gone with it."""
        ...
