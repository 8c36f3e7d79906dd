"""Several shots of one track, compared as one.

Two shots of a person err in different ways, so their mean says more than either. The mean of
templates would say it best, but a template is gone before the next shot comes; what can be kept
is what a mean template's cosine consists of. For n unit vectors whose cosines with each other are
r on average, their mean has the length sqrt((1 + (n - 1) r) / n), hence

    cosine(mean template, reference) = mean cosine / sqrt((1 + (n - 1) r) / n).

Only scores near a candidate's are kept, and only while the track is alive: a list of somebody's
cosines to many references would be as good as a template.
"""

import math
from dataclasses import dataclass, field, replace

from lethe.contracts.instants import Instant
from lethe.contracts.probe import NO_TRACK
from lethe.match.ports import Comparison

_KEPT_S = 5.0
"""A track without a shot for so long has ended."""
NEAR = 0.12
"""Cosines at most so far below the one that is asked for are kept."""
_MOST_KEPT = 3
_BETWEEN_SHOTS = 0.75
"""r above. Shots rendered from one photograph have 0.90; with this lower value, as people have who
turn and speak, a track found as many people at the same threshold as all its faces (ADR 0009)."""
_MOST_COUNTED = 5
"""More shots than this make the mean steadier, but count for no further gain."""


@dataclass(slots=True)
class _Kept:
    """What is left of a track's shots: how many, and the cosines of a few subjects summed."""

    shots: int
    latest: Instant
    sums: dict[str, float] = field(default_factory=dict, repr=False)


class TrackScores:
    """Combines the comparisons of a track's shots. Not thread-safe: match decides in one task."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, bytes], _Kept] = {}

    def combine(
        self,
        camera_id: str,
        track: bytes,
        comparisons: list[Comparison],
        *,
        needed: float,
        captured: Instant,
    ) -> list[Comparison]:
        """Return each subject's best comparison with the cosine that all shots together give.

        Parameters
        ----------
        comparisons
            Those of the newest shot, best first.
        needed
            The cosine that makes a candidate.
        """
        best: dict[str, Comparison] = {}
        for comparison in comparisons:
            best.setdefault(comparison.subject_id, comparison)
        if track == NO_TRACK:
            return list(best.values())
        self.forget(captured)
        kept = self._kept.setdefault((camera_id, track), _Kept(0, captured))
        floor = max(needed - NEAR, 0.0)
        sums = {
            subject: comparison.cosine + kept.sums.get(subject, kept.shots * floor)
            for subject, comparison in best.items()
        }
        kept.shots += 1
        kept.latest = captured
        near = sorted(sums, key=lambda subject: -sums[subject])[:_MOST_KEPT]
        kept.sums = {s: sums[s] for s in near if sums[s] / kept.shots >= floor}
        gain = mean_gain(kept.shots)
        return [
            replace(comparison, cosine=min(sums[subject] / kept.shots * gain, 1.0))
            for subject, comparison in best.items()
        ]

    def forget(self, now: Instant) -> None:
        """Forget tracks that have ended; to be called also while nobody comes any more."""
        over_us = _KEPT_S * 1e6
        self._kept = {n: k for n, k in self._kept.items() if now.since_us(k.latest) < over_us}


def mean_gain(shots: int) -> float:
    """Return by how much the mean template of so many shots is nearer to a reference."""
    counted = min(shots, _MOST_COUNTED)
    return 1 / math.sqrt((1 + (counted - 1) * _BETWEEN_SHOTS) / counted)
