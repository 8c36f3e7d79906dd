"""From what was seen to what to change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from statistics import fmean, median
from typing import TYPE_CHECKING

from lethe.cli.camera.observing import EYES_DESIRED_PX, EYES_FLOOR_PX
from lethe.receipts.words import many
from lethe.vision.quality import QualityGate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lethe.cli.camera.observing import Observation

_MIN_FPS = 3.0
_DESIRED_FPS = 8.0
_MOST_GARBLED = 0.02
_DARK, _DARK_FACE = 25.0, 60.0
_BRIGHT, _BRIGHT_FACE = 235.0, 210.0
_MANY = 0.25
_MIN_SHARPNESS = QualityGate().min_sharpness
# Half a Press photograph's usual sharpness; see lethe.vision.quality.sharpness.
_DESIRED_SHARPNESS = 0.09


class Grade(IntEnum):
    """How good something is; the exit code of the command is the worst of all."""

    FINE = 0
    ADVICE = 1
    UNUSABLE = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line about one thing."""

    grade: Grade
    about: str
    text: str


def judge(seen: Observation) -> list[Verdict]:
    """Return what can be said, in the order in which it is to be mended."""
    if not seen.examined:
        why = seen.trouble or "no picture came"
        return [Verdict(Grade.UNUSABLE, "source", why)]
    return [_rate(seen), _wire(seen), _light(seen), *_faces(seen)]


def worst(verdicts: list[Verdict]) -> Grade:
    """Return the worst grade."""
    return max((verdict.grade for verdict in verdicts), default=Grade.FINE)


def _rate(seen: Observation) -> Verdict:
    if seen.stills:
        count = many(len(seen.arrivals_s), "still")
        return Verdict(Grade.FINE, "rate", f"{count} of {seen.width}x{seen.height}")
    shown = f"{seen.fps:.1f} pictures a second of {seen.width}x{seen.height}"
    if seen.fps < _MIN_FPS:
        return Verdict(
            Grade.UNUSABLE, "rate", f"{shown}: set the camera to {_DESIRED_FPS:g} or more"
        )
    if seen.fps < _DESIRED_FPS:
        return Verdict(
            Grade.ADVICE, "rate", f"{shown}: people who walk need {_DESIRED_FPS:g} or more"
        )
    return Verdict(Grade.FINE, "rate", shown)


def _wire(seen: Observation) -> Verdict:
    share = seen.garbled / max(1, seen.garbled + len(seen.arrivals_s))
    shown = f"{seen.garbled} garbled, {many(seen.stalls, 'interruption')}"
    if seen.stalls or share > _MOST_GARBLED:
        return Verdict(
            Grade.ADVICE, "transmission", f"{shown}: check cable and network, or lower the bit rate"
        )
    return Verdict(Grade.FINE, "transmission", shown)


def _light(seen: Observation) -> Verdict:
    mean = fmean(seen.brightness)
    shown = f"mean grey {mean:.0f} of 255"
    if mean < _DARK:
        return Verdict(Grade.UNUSABLE, "light", f"{shown}: too dark, or the lens is covered")
    if mean > _BRIGHT:
        return Verdict(Grade.UNUSABLE, "light", f"{shown}: too bright, lower the exposure")
    if fmean(seen.burnt) > _MANY:
        return Verdict(
            Grade.ADVICE, "light", f"{shown}: much of it is white, turn away from window or lamp"
        )
    return Verdict(Grade.FINE, "light", shown)


def _faces(seen: Observation) -> Iterator[Verdict]:
    counted = seen.counted
    if not seen.faces:
        yield Verdict(
            Grade.ADVICE,
            "faces",
            "none was seen, so framing, size and focus can't be judged: walk through the picture "
            "while it is looked at",
        )
        return
    inside = len(counted) / len(seen.faces)
    if not counted:
        yield Verdict(
            Grade.UNUSABLE, "framing", "every face lies outside the zone: move camera or zone"
        )
        return
    yield _framing(seen, inside)
    yield _size(seen)
    yield _focus(seen)
    yield _face_light(seen)


def _framing(seen: Observation, inside: float) -> Verdict:
    counted = seen.counted
    across, down = median(f.x for f in counted), median(f.y for f in counted)
    shown = f"faces are around {100 * across:.0f}% across, {100 * down:.0f}% down"
    if inside < 1:
        shown += f"; {100 * inside:.0f}% in the zone"
    if sum(face.is_cut for face in counted) > _MANY * len(counted):
        return Verdict(
            Grade.ADVICE, "framing", f"{shown}: many are cut by the edge, turn the camera"
        )
    if inside < 1 - _MANY:
        return Verdict(
            Grade.ADVICE,
            "framing",
            f"{shown}: turn the camera or widen the zone if that is unwanted",
        )
    return Verdict(Grade.FINE, "framing", shown)


def _size(seen: Observation) -> Verdict:
    eyes = [face.eyes_px for face in seen.counted]
    shown = f"{median(eyes):.0f} pixels between the eyes (floor 16, desired 24)"
    if max(eyes) < EYES_FLOOR_PX:
        return Verdict(Grade.UNUSABLE, "size", f"{shown}: zoom in or move the camera closer")
    if median(eyes) < EYES_DESIRED_PX:
        return Verdict(
            Grade.ADVICE, "size", f"{shown}: zoom in, move closer or allow a larger max_width"
        )
    return Verdict(Grade.FINE, "size", shown)


def _focus(seen: Observation) -> Verdict:
    values = [face.sharpness for face in seen.counted]
    shown = f"sharpness of faces {median(values):.3f} (floor {_MIN_SHARPNESS:g})"
    if max(values) < _MIN_SHARPNESS:
        return Verdict(Grade.UNUSABLE, "focus", f"{shown}: focus the lens or shorten the exposure")
    if median(values) < _DESIRED_SHARPNESS:
        return Verdict(Grade.ADVICE, "focus", f"{shown}: focus the lens or shorten the exposure")
    return Verdict(Grade.FINE, "focus", shown)


def _face_light(seen: Observation) -> Verdict:
    grey = median(face.brightness for face in seen.counted)
    shown = f"mean grey of faces {grey:.0f} of 255"
    if grey < _DARK_FACE:
        return Verdict(Grade.ADVICE, "light on faces", f"{shown}: light them from the front")
    if grey > _BRIGHT_FACE:
        return Verdict(Grade.ADVICE, "light on faces", f"{shown}: lower the exposure")
    return Verdict(Grade.FINE, "light on faces", shown)
