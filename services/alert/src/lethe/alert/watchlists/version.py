"""Versions of watchlists: what they are for, and where they are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field

from lethe.alert.vault import SealedBlob
from lethe.alert.watchlists.subject import Line, Text

MOST_CATEGORIES = 50
DEFAULT_CATEGORIES = (
    "wanted on warrant",
    "court-order conditions",
    "missing or vulnerable person",
    "risk of serious harm",
    "other",
)


class ListDetails(BaseModel):
    """What a watchlist is called and for.

    Attributes
    ----------
    categories
        Those that a subject may be in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(max_length=0)] | Line = ""
    purpose: Text = ""
    categories: tuple[Line, ...] = Field(
        default=DEFAULT_CATEGORIES, min_length=1, max_length=MOST_CATEGORIES
    )


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a watchlist: what an order names.

    Attributes
    ----------
    list_id
        What its versions have in common: the id of the first one.
    number
        Counts the versions of a list.
    revision
        Rises with every change of the details.
    details
        None once they are erased.
    ordered_hash
        The content hash that an order named; nothing changes from then on.
    composition
        How many subjects of each category it had then. None before, and where it was ordered
        before that was counted.
    """

    watchlist_id: str
    list_id: str
    number: int
    revision: int
    details: ListDetails | None = field(repr=False)
    ordered_hash: str | None = None
    composition: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class SealedVersion:
    """A version as it is stored.

    Attributes
    ----------
    details
        None for one that was made before there were any, and for one that is erased.
    """

    watchlist_id: str
    list_id: str
    number: int
    key_name: str
    details: SealedBlob | None = field(repr=False)
    revision: int = 1
    ordered_hash: str | None = None
    is_erased: bool = False
    composition: Mapping[str, int] | None = None


class VersionStore(Protocol):
    """Where versions are kept. Every writing method returns after its commit."""

    async def add(self, version: SealedVersion, copied_from: str | None = None) -> None:
        """Add a version, which may be a copy of another."""
        ...

    async def find(self, watchlist_id: str) -> SealedVersion | None:
        """Return one version."""
        ...

    async def all_ids(self) -> Sequence[str]:
        """Return all versions."""
        ...

    async def newest(self, list_id: str) -> int:
        """Return the highest number of a version of a watchlist; 0 if there is none."""
        ...

    async def after(self, watchlist_id: str, limit: int) -> Sequence[SealedVersion]:
        """Return versions in the order of their ids, behind one."""
        ...

    async def change(self, version: SealedVersion, revision: int) -> bool:
        """Store other details, unless the revision is no longer that; tell whether it was."""
        ...

    async def freeze(
        self, watchlist_id: str, ordered_hash: str, composition: Mapping[str, int]
    ) -> None:
        """Note that a version was ordered; what the first order found stays."""
        ...
