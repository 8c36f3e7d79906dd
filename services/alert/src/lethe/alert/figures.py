"""Figures of the last minutes, from the receipts that purge signs while it goes on."""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from lethe.receipts.entries import MinuteCounted, SlotClosed
from lethe.receipts.errors import ReceiptsError
from lethe.receipts.parsing import parse_entry

WINDOW_MS = 600_000
_SLOTS_A_MINUTE = 300
_LEAST_SLOTS = _SLOTS_A_MINUTE // 2
"""Faces of fewer slots are no measure for a minute."""
_WANTED = (SlotClosed.kind.encode(), MinuteCounted.kind.encode())


@dataclass(frozen=True, slots=True)
class ErasureAges:
    """The oldest that anything of a frame became, over slots, in milliseconds."""

    p50: int
    p99_9: int
    max: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What receipts tell of the last ten minutes of a deployment.

    Attributes
    ----------
    as_of_ms
        When the latest of those receipts was made; None where there was none.
    faces_per_minute
        Estimated from the latest count of a minute; None while there is none.
    slots
        How many were closed.
    erasure_age
        None while no slot had a frame.
    """

    as_of_ms: int | None = None
    faces_per_minute: int | None = None
    slots: int = 0
    captured: int = 0
    dropped: int = 0
    expired: int = 0
    erasure_age: ErasureAges | None = None


@dataclass(slots=True)
class _Deployment:
    closed: deque[SlotClosed] = field(default_factory=deque)
    minute: MinuteCounted | None = None
    told: Figures | None = None

    def take(self, said: SlotClosed | MinuteCounted) -> None:
        self.told = None
        if isinstance(said, MinuteCounted):
            self.minute = said
            return
        self.closed.append(said)
        while self.closed[0].at_ms < said.at_ms - WINDOW_MS:
            self.closed.popleft()

    def figures(self) -> Figures:
        minute = self.minute
        latest = [said.at_ms for said in (minute, *list(self.closed)[-1:]) if said is not None]
        return Figures(
            as_of_ms=max(latest, default=None),
            faces_per_minute=None if minute is None else _per_minute(minute),
            slots=len(self.closed),
            captured=sum(each.captured for each in self.closed),
            dropped=sum(each.dropped for each in self.closed),
            expired=sum(each.expired for each in self.closed),
            erasure_age=_ages(each.oldest_age_ms for each in self.closed if each.captured),
        )


class ReceiptFigures:
    """Adds up what receipts tell, by deployment; they were verified as they came."""

    def __init__(self) -> None:
        self._deployments: dict[str, _Deployment] = {}

    def take(self, leaves: Iterable[bytes]) -> None:
        """Take the entries of a piece of a log, those that no figure needs among them."""
        for leaf in leaves:
            if (said := _figure(leaf)) is not None and said.deployment:
                self._deployments.setdefault(said.deployment, _Deployment()).take(said)

    def of(self, deployment_id: str) -> Figures:
        """Return a deployment's figures; those of one that nothing was told of are empty."""
        found = self._deployments.get(deployment_id)
        if found is None:
            return Figures()
        if found.told is None:
            found.told = found.figures()
        return found.told


def _figure(leaf: bytes) -> SlotClosed | MinuteCounted | None:
    if not any(kind in leaf for kind in _WANTED):
        return None
    try:
        said = parse_entry(leaf)
    except ReceiptsError:
        return None
    return said if isinstance(said, SlotClosed | MinuteCounted) else None


def _per_minute(said: MinuteCounted) -> int | None:
    if said.slots < _LEAST_SLOTS:
        return None
    return round(said.faces_seen * _SLOTS_A_MINUTE / said.slots)


def _ages(ages_ms: Iterable[int]) -> ErasureAges | None:
    """Return nearest-rank percentiles."""
    ranked = sorted(ages_ms)
    if not ranked:
        return None
    p50, p99_9 = (ranked[math.ceil(share * len(ranked)) - 1] for share in (0.5, 0.999))
    return ErasureAges(p50, p99_9, ranked[-1])
