"""What a purge has heard and its log of receipts doesn't say yet."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from lethe.purge.erasures import Erasure, hash_of
from lethe.purge.slots import ClosedSlot

_MOST_KEPT = 5_000


@dataclass(slots=True)
class Untold:
    """Kept until it is on the disk, and within bounds whenever it was trimmed.

    Attributes
    ----------
    erased
        By the hash that names it: what is said twice waits once.
    dropped
        Frames without a key in hand, by deployment.
    """

    closed: list[ClosedSlot] = field(default_factory=list)
    erased: dict[str, Erasure] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        """Tell whether something waits that isn't counted by the minute."""
        return bool(self.closed or self.erased)

    def hear(
        self,
        closed: Iterable[ClosedSlot] = (),
        erased: Iterable[Erasure] = (),
        dropped: dict[str, int] | None = None,
    ) -> None:
        """Take more, behind what there is: some of that may be on its way to the disk."""
        self.closed += closed
        self.erased.update({hash_of(each): each for each in erased})
        self.dropped.update(dropped or {})

    def trim(self) -> None:
        """Let the oldest give way to what is too much; never while any of it is being written."""
        del self.closed[:-_MOST_KEPT]
        for oldest in list(self.erased)[:-_MOST_KEPT]:
            del self.erased[oldest]

    def forget(self) -> None:
        """Drop all of it: another purge tells it."""
        self.closed.clear()
        self.erased.clear()
        self.dropped.clear()

    def now(self) -> Self:
        """Return what there is now."""
        return type(self)(list(self.closed), dict(self.erased), Counter(self.dropped))

    def tell(self, told: Self, *, counted: bool) -> None:
        """Drop what is on the disk; `counted` says whether the dropped frames are."""
        del self.closed[: len(told.closed)]
        for id_hash in told.erased:
            self.erased.pop(id_hash, None)
        if counted:
            self.dropped -= told.dropped
