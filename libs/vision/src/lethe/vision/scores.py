"""From a cosine to a comparison score between 0 and 1.

The map is PROVISIONAL: it fixes one point, **score 0.60 is cosine 0.50**, which on Labeled Faces
in the Wild is about one false alert in a hundred searches of a list of a few thousand, and far
fewer for a list under 100. A calibration measured for a pack replaces it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

Knot = tuple[float, float]


@dataclass(frozen=True)
class ScoreMap:
    """A strictly rising, piecewise linear map between cosine and score.

    Attributes
    ----------
    knots
        Pairs of cosine and score, both strictly rising. Outside of them the end values hold.
    provisional
        True until somebody measured a calibration for the pack.

    Raises
    ------
    ValueError
        Fewer than two knots, or knots that don't rise.
    """

    knots: tuple[Knot, ...]
    provisional: bool

    def __post_init__(self) -> None:
        rising = all(
            low[0] < high[0] and low[1] < high[1]
            for low, high in zip(self.knots, self.knots[1:], strict=False)
        )
        if len(self.knots) < 2 or not rising:  # noqa: PLR2004 - a line has two ends
            raise ValueError("a score map needs two or more knots that rise strictly")

    def score_for_cosine(self, cosine: float) -> float:
        """Give the comparison score of a cosine."""
        return _interpolate(cosine, self.knots)

    def cosine_for_score(self, score: float) -> float:
        """Give the cosine that has a comparison score; the inverse of `score_for_cosine`."""
        return _interpolate(score, tuple((high, low) for low, high in self.knots))


PROVISIONAL = ScoreMap(
    knots=((-1.0, 0.0), (0.0, 0.1), (0.5, 0.6), (1.0, 1.0)),
    provisional=True,
)


def score_for_cosine(cosine: float) -> float:
    """Give the provisional comparison score of a cosine: 0.60 at 0.50."""
    return PROVISIONAL.score_for_cosine(cosine)


def cosine_for_score(score: float) -> float:
    """Give the cosine of a provisional comparison score: 0.50 at 0.60."""
    return PROVISIONAL.cosine_for_score(score)


def _interpolate(value: float, knots: tuple[Knot, ...]) -> float:
    if value <= knots[0][0]:
        return knots[0][1]
    if value >= knots[-1][0]:
        return knots[-1][1]
    above = bisect_right(knots, value, key=lambda knot: knot[0])
    (left, low), (right, high) = knots[above - 1], knots[above]
    return low + (high - low) * ((value - left) / (right - left))
