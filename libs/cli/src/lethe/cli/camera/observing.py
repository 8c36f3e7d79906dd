"""What a look at a camera gives: numbers, of which no picture can be made."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean, median

EYES_FLOOR_PX = 16.0
EYES_DESIRED_PX = 24.0


@dataclass(frozen=True, slots=True)
class SeenFace:
    """One face in one picture.

    Attributes
    ----------
    x, y
        Its centre, in shares of the picture's width and height.
    eyes_px
        Distance between the eyes in pixels, as delivered.
    sharpness, brightness
        Of the aligned crop; see `lethe.vision.quality.sharpness`. Grey from 0 to 255.
    in_zone, is_cut
        Whether its centre lies in the zone, and whether it reaches over the picture's edge.
    """

    x: float
    y: float
    eyes_px: float
    sharpness: float
    brightness: float
    in_zone: bool
    is_cut: bool


@dataclass(slots=True)
class Observation:
    """Collected while looking.

    Attributes
    ----------
    arrivals_s
        When pictures came, in monotonic seconds.
    garbled, stalls
        Pictures that couldn't be decoded, and times the source fell silent or was lost.
    brightness, burnt, black
        Per picture that was examined: mean grey, share of pixels near white, and near black.
    trouble
        What the source said last that it isn't running, if it did.
    stills
        Whether it is a folder of stills: their rate is Lethe's choice and no camera's.
    """

    width: int = 0
    height: int = 0
    examined: int = 0
    garbled: int = 0
    stalls: int = 0
    arrivals_s: list[float] = field(default_factory=list)
    brightness: list[float] = field(default_factory=list)
    burnt: list[float] = field(default_factory=list)
    black: list[float] = field(default_factory=list)
    faces: list[SeenFace] = field(default_factory=list)
    trouble: str = ""
    stills: bool = False

    @property
    def counted(self) -> list[SeenFace]:
        """The faces within the zone."""
        return [face for face in self.faces if face.in_zone]

    @property
    def fps(self) -> float:
        """Pictures a second while they came."""
        if len(self.arrivals_s) < 2:  # noqa: PLR2004 - a rate needs two moments
            return 0.0
        span_s = self.arrivals_s[-1] - self.arrivals_s[0]
        return (len(self.arrivals_s) - 1) / span_s if span_s else 0.0

    @property
    def longest_gap_s(self) -> float:
        """Longest time between two pictures."""
        moments = self.arrivals_s
        return max((b - a for a, b in pairwise(moments)), default=0.0)

    def summary(self) -> dict[str, object]:
        """Return the numbers as JSON can hold them."""
        counted = self.counted
        return {
            "size": [self.width, self.height],
            "pictures": len(self.arrivals_s),
            "examined": self.examined,
            "fps": round(self.fps, 1),
            "longest_gap_ms": round(1000 * self.longest_gap_s),
            "garbled": self.garbled,
            "stalls": self.stalls,
            "faces": len(self.faces),
            "faces_in_zone": len(counted),
            "faces_cut": sum(face.is_cut for face in counted),
            "eyes_px": _spread([face.eyes_px for face in counted]),
            "sharpness": _spread([face.sharpness for face in counted]),
            "face_brightness": _spread([face.brightness for face in counted]),
            "face_centre": _centre(counted),
            "brightness": _mean(self.brightness),
            "burnt_share": _mean(self.burnt),
            "black_share": _mean(self.black),
        }


def _spread(values: list[float]) -> dict[str, float] | None:
    if not values:
        return None
    return {
        "least": round(min(values), 3),
        "median": round(median(values), 3),
        "most": round(max(values), 3),
    }


def _mean(values: list[float]) -> float | None:
    return round(fmean(values), 3) if values else None


def _centre(faces: list[SeenFace]) -> list[float] | None:
    if not faces:
        return None
    return [round(median(face.x for face in faces), 3), round(median(face.y for face in faces), 3)]
