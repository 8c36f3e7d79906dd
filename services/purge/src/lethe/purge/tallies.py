"""What a camera's slot came to: frames, faces, the longest age."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from lethe.contracts.instants import Instant
from lethe.contracts.live import FrameOutcome, ProbeOutcome

_MOST_REASONS = 1_000
OTHERS = "(others)"
OPENED_FRAME = (FrameOutcome.PROCESSED, FrameOutcome.UNREADABLE)
OPENED_PROBE = (ProbeOutcome.NON_MATCH, ProbeOutcome.CANDIDATES)


class Reasons(Counter[str]):
    """Counts by reason, or by deployment: names that anybody may make up."""

    def add(self, counts: Mapping[str, int]) -> None:
        """Add counts; from so many names on, those of further ones together."""
        for name, count in counts.items():
            is_kept = name in self or len(self) < _MOST_REASONS
            self[name if is_kept else OTHERS] += count


@dataclass(slots=True)
class CameraCount:
    """What one camera's source yielded."""

    offered: int = 0
    captured: int = 0
    dropped: Reasons = field(default_factory=Reasons)
    garbled: int = 0
    ended: bool = False
    fault: str | None = None
    state: str | None = None
    trouble: str | None = None


@dataclass(slots=True)
class Frame:
    """One captured frame on its way to being forgotten."""

    captured: Instant
    reported: bool = False
    outcome: FrameOutcome | None = None
    faces_seen: int = 0
    discarded: int = 0
    probes: frozenset[int] = frozenset()
    view: int | None = None
    decided: dict[int, ProbeOutcome] = field(default_factory=dict)
    settled: bool = False
    age_ms: float | None = None

    @property
    def is_unfounded(self) -> bool:
        """Whether nobody says that it was sealed, nor that it or a probe of it was opened."""
        opened = self.outcome in OPENED_FRAME or any(
            o in OPENED_PROBE for o in self.decided.values()
        )
        return not self.reported and not opened

    @property
    def undecided(self) -> int:
        """How many of its probes match hasn't told the end of."""
        return len(self.probes - self.decided.keys())


@dataclass(slots=True)
class Offer:
    """What ingest told of a slot: frames offered, and dropped. `at` is when it first did."""

    at: Instant
    offered: int = 0
    dropped: int = 0


@dataclass(slots=True)
class SlotTally:
    """Counts of a slot as the services told them; none is derived from another.

    Attributes
    ----------
    oldest_age_ms
        Rounded up; 0 where there was no frame.
    """

    offered: int = 0
    captured: int = 0
    dropped: int = 0
    processed: int = 0
    expired: int = 0
    lost: int = 0
    faces_seen: int = 0
    faces_erased: int = 0
    faces_rescued: int = 0
    faces_expired: int = 0
    oldest_age_ms: int = 0

    def add(self, other: "SlotTally") -> None:
        """Add another camera's."""
        oldest = max(self.oldest_age_ms, other.oldest_age_ms)
        for count in _COUNTS:
            setattr(self, count, getattr(self, count) + getattr(other, count))
        self.oldest_age_ms = oldest

    def count(self, frame: Frame) -> None:
        """Count one frame."""
        self.captured += 1
        if not frame.reported:
            # Its ingest died before it could report: the frame itself is the evidence.
            self.offered += 1
        if frame.outcome is None:
            self.lost += 1
        elif frame.outcome is FrameOutcome.EXPIRED:
            self.expired += 1
        else:
            self.processed += 1
        self._count_faces(frame)
        if frame.age_ms is not None:
            self.oldest_age_ms = max(self.oldest_age_ms, math.ceil(frame.age_ms))

    def _count_faces(self, frame: Frame) -> None:
        # Without detect's report, the probes that match decided are the evidence.
        self.faces_seen += len(frame.decided) if frame.outcome is None else frame.faces_seen
        self.faces_erased += frame.discarded + frame.undecided
        for outcome in frame.decided.values():
            if outcome is ProbeOutcome.CANDIDATES:
                self.faces_rescued += 1
            elif outcome is ProbeOutcome.EXPIRED:
                self.faces_expired += 1
            else:
                self.faces_erased += 1


_COUNTS = tuple(each.name for each in fields(SlotTally))


def tally_of(frames: Iterable[Frame], offer: Offer | None) -> SlotTally:
    """Return what the frames of a camera's slot and ingest's reports of it come to."""
    tally = SlotTally()
    if offer is not None:
        tally.offered, tally.dropped = offer.offered, offer.dropped
    for frame in frames:
        tally.count(frame)
    return tally
