"""Where somebody is going: what a line through the boxes of the last second says."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lethe.contracts.headings import Heading

_REMEMBERED_S = 1.0
_LEAST_POINTS = 4
_LEAST_S = 0.25
"""With fewer boxes, or boxes that are nearer in time, nothing is said."""
_ACROSS = 0.6
"""Sides of the face a second: 0.13 m/s. Slower than that is standing."""
_ALONG = 0.12
"""Growth of the face a second: walking pace from ten metres away."""
_WORDS = {
    (0, 0): Heading.STANDING,
    (-1, 0): Heading.LEFT,
    (1, 0): Heading.RIGHT,
    (0, 1): Heading.TOWARDS,
    (-1, 1): Heading.TOWARDS_LEFT,
    (1, 1): Heading.TOWARDS_RIGHT,
    (0, -1): Heading.AWAY,
    (-1, -1): Heading.AWAY_LEFT,
    (1, -1): Heading.AWAY_RIGHT,
}


@dataclass(slots=True)
class Path:
    """Where a face was in the last second: times, places and sizes, nothing of what it looks like.

    The size of a box trembles from frame to frame by more than somebody's coming nearer adds to
    it, so neither is read off two frames: a line is laid through all.
    """

    _points: deque[tuple[float, float, float]] = field(default_factory=deque, repr=False)

    def add(self, at_s: float, x: float, side: float) -> None:
        """Take in where a face's centre was across the picture, and how large it was (pixels)."""
        self._points.append((at_s, x, side))
        while at_s - self._points[0][0] > _REMEMBERED_S:
            self._points.popleft()

    def heading(self) -> Heading | None:
        """Return where the person is going; None as long as that can't be told."""
        times, places, sides = np.array(self._points, np.float64).reshape(-1, 3).T
        if len(times) < _LEAST_POINTS or times[-1] - times[0] < _LEAST_S:
            return None
        across = _slope(times, places) / sides.mean()
        along = _slope(times, np.log(np.maximum(sides, 1.0)))
        return _WORDS[_sign(across, _ACROSS), _sign(along, _ALONG)]


def _slope(times: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """Return by how much values rise in a second, by least squares."""
    apart = times - times.mean()
    return float((apart * (values - values.mean())).sum() / (apart**2).sum())


def _sign(value: float, least: float) -> int:
    return int(value >= least) - int(value <= -least)
