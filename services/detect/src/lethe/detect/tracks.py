"""A tracker per camera: who is likely the same person as in the frame before.

A track is a box, a speed, times, and how good its best shot was. It holds nothing of what a face
looks like, and its token is random: it says nothing about a person and dies with the track.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from lethe.contracts.probe import TRACK_BYTES
from lethe.detect.headings import Path
from lethe.vision.faces import Face

_LOST_S = 0.8
"""A face that isn't found again within this time is somebody new when it is."""
_LARGEST_GROWTH = 1.6
"""Between two frames a face doesn't grow or shrink by more."""
_REACH = 0.8
"""How far a face may be from where it is expected, in sides of its box, when the boxes miss."""
_NEW_SPEED = 0.5
"""Weight of the newest step in a track's speed."""


@dataclass(slots=True)
class Track:
    """One person in front of one camera, as long as the detector keeps finding the face.

    Attributes
    ----------
    x, y, side
        Centre and size of the face in pixels when it was last seen.
    speed_x, speed_y
        In pixels a second.
    seen_s
        When that was.
    merit, shot_s, shots
        How good the last shot was, when it was taken (None before the first), and how many there
        are.
    refused
        Whether the view that was tried last wasn't worth a template.
    path
        Where the face was in the last second.
    """

    x: float
    y: float
    side: float
    seen_s: float
    speed_x: float = 0.0
    speed_y: float = 0.0
    merit: float = 0.0
    shot_s: float | None = None
    shots: int = 0
    refused: bool = False
    path: Path = field(default_factory=Path)
    token: bytes = field(default_factory=lambda: secrets.token_bytes(TRACK_BYTES), repr=False)

    def __post_init__(self) -> None:
        """Begin the path where the face was found first."""
        self.path.add(self.seen_s, self.x, self.side)

    def expected(self, at_s: float) -> tuple[float, float]:
        """Return where the centre should be at a time."""
        ahead_s = at_s - self.seen_s
        return self.x + self.speed_x * ahead_s, self.y + self.speed_y * ahead_s

    def move(self, face: Face, at_s: float) -> None:
        """Take in where the face was found."""
        x, y = _centre(face)
        passed_s = at_s - self.seen_s
        if passed_s > 0:
            self.speed_x += _NEW_SPEED * ((x - self.x) / passed_s - self.speed_x)
            self.speed_y += _NEW_SPEED * ((y - self.y) / passed_s - self.speed_y)
        self.x, self.y, self.side, self.seen_s = x, y, _side(face), at_s
        self.path.add(at_s, x, self.side)


class Tracker:
    """The tracks of one camera. Frames come in order; an earlier one than the last is no help.

    Nearest pairs first: a face belongs to the track whose expected place it is closest to. People
    who cross are apart in size or in direction for most of it, and a track that passes on to
    somebody else is noticed, since the merit to beat fades (`lethe.detect.shots`).
    """

    def __init__(self) -> None:
        self._tracks: list[Track] = []

    @property
    def tracks(self) -> Sequence[Track]:
        """Those that are alive."""
        return tuple(self._tracks)

    def follow(self, faces: Sequence[Face], at_s: float) -> list[Track]:
        """Return the track of each face, a new one where none fits.

        Parameters
        ----------
        at_s
            When the frame was captured, on a clock that never goes back.
        """
        self._tracks = [t for t in self._tracks if 0 <= at_s - t.seen_s <= _LOST_S]
        found: dict[int, Track] = {}
        taken: set[int] = set()
        for _, index, number in self._pairs(faces, at_s):
            if index not in found and number not in taken:
                found[index] = self._tracks[number]
                taken.add(number)
        for index, face in enumerate(faces):
            if index in found:
                found[index].move(face, at_s)
            else:
                found[index] = Track(*_centre(face), _side(face), at_s)
                self._tracks.append(found[index])
        return [found[index] for index in range(len(faces))]

    def _pairs(self, faces: Sequence[Face], at_s: float) -> list[tuple[float, int, int]]:
        """Return possible pairs of a face and a track, nearest first."""
        pairs = []
        for number, track in enumerate(self._tracks):
            for index, face in enumerate(faces):
                distance = _distance(track, face, at_s)
                if distance is not None:
                    pairs.append((distance, index, number))
        return sorted(pairs)


def _distance(track: Track, face: Face, at_s: float) -> float | None:
    """Return how far a face is from a track, in sides of its box; None where it can't be it."""
    side = _side(face)
    growth = max(side, track.side) / max(min(side, track.side), 1.0)
    if growth > _LARGEST_GROWTH:
        return None
    x, y = _centre(face)
    expected_x, expected_y = track.expected(at_s)
    distance = max(abs(x - expected_x), abs(y - expected_y)) / max(side, track.side, 1.0)
    return distance + (growth - 1.0) if distance <= _REACH else None


def _centre(face: Face) -> tuple[float, float]:
    return face.x + face.width / 2, face.y + face.height / 2


def _side(face: Face) -> float:
    return max(face.width, face.height)
