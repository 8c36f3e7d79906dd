"""When watchlists end, and where it is kept that they did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lethe.contracts.receipts import ErasedWatchlist, WatchlistGround


@dataclass(frozen=True, slots=True)
class OrderedList:
    """That a deployment searches a watchlist, and until when.

    Attributes
    ----------
    ends_at_us
        End of its window, UTC in microseconds since 1970.
    ended_us
        When it was found to have been ended before.
    """

    watchlist_id: str
    deployment_id: str
    ends_at_us: int
    ended_us: int | None = None

    @property
    def name(self) -> tuple[str, str]:
        """What it is known by."""
        return self.watchlist_id, self.deployment_id

    @property
    def over_us(self) -> int:
        """When it is over."""
        return self.ends_at_us if self.ended_us is None else min(self.ended_us, self.ends_at_us)


@dataclass(frozen=True, slots=True)
class ErasedList:
    """A watchlist that was erased.

    Attributes
    ----------
    id_hash
        See `lethe.contracts.receipts.erased_watchlist_hash`.
    deployment_id
        The last that searched it; empty if none did.
    """

    watchlist_id: str
    id_hash: str
    deployment_id: str
    ground: WatchlistGround
    erased_wall_us: int

    def claim(self) -> ErasedWatchlist:
        """Return it as purge is told of it."""
        return ErasedWatchlist(
            id_hash=self.id_hash, deployment_id=self.deployment_id, ground=self.ground
        )


class ErasedLists(Protocol):
    """Of which erased watchlists there is a receipt."""

    async def unreceipted(self, limit: int) -> Sequence[ErasedList]:
        """Return those of whose erasure no receipt is known yet, the oldest first."""
        ...

    async def mark_receipted(self, watchlist_ids: set[str]) -> None:
        """Record that there are receipts of them."""
        ...


class EndStore(ErasedLists, Protocol):
    """Where it is kept. Every writing method returns after its commit."""

    async def unerased(self) -> Mapping[str, str]:
        """Return the name of its data key by version, of all that aren't erased.

        Raises
        ------
        NotLeading
            If another instance has taken over: it may have made keys that aren't known here.
        """
        ...

    async def orders(self) -> Sequence[OrderedList]:
        """Return what is known of the orders of those."""
        ...

    async def note(self, orders: Sequence[OrderedList]) -> None:
        """Keep orders, in place of what was known of them."""
        ...

    async def erase(self, erased: ErasedList) -> None:
        """Delete subjects, images and the description of a watchlist, and note that."""
        ...

    async def erased_ids(self, limit: int) -> Sequence[str]:
        """Return the watchlists that were erased last, the newest first."""
        ...
