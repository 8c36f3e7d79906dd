"""Where deeds are kept and read: in SQL, or in a test's list."""

from collections.abc import Sequence
from typing import Protocol

from lethe.alert.audit.chain import SealedEntry
from lethe.alert.audit.deeds import Deed
from lethe.alert.audit.reasons import Reason


class Audit(Protocol):
    """Where deeds are told that no write of the database goes with."""

    async def append(self, *deeds: Deed) -> None:
        """Keep deeds, in their order and all or none.

        Raises
        ------
        NotLeading
            If another instance has taken over.
        Transient
            If they can't be kept now: what they tell of mustn't be done then.
        """
        ...


class AuditLog(Audit, Protocol):
    """The audit log, which can be read as well."""

    @property
    def name(self) -> str:
        """Names the log, once it has an entry."""
        ...

    @property
    def size(self) -> int:
        """How many entries it has."""
        ...

    async def after(self, number: int, limit: int) -> list[SealedEntry]:
        """Return entries after a number, in rising number."""
        ...

    async def about(self, record: str, whys: Sequence[str]) -> list[SealedEntry]:
        """Return entries on one record that say one of these, in rising number."""
        ...

    async def reasons(self, commitments: set[str]) -> list[Reason]:
        """Return what is kept of the reasons behind commitments."""
        ...
