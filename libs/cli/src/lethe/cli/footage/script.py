"""Who passes which camera when: the timetable that footage is rendered from and judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lethe.cli.footage.errors import FootageUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lethe.cli.footage.cast import Person, Portrait

WIDTH_PX = 1280
HEIGHT_PX = 720
FRAMES_PER_S = 12

# Below this many pixels between the eyes a face is hard to recognise, so nobody is scripted
# smaller: the quality gate stands at 24.
SMALLEST_EYE_DISTANCE_PX = 27.0
# How far a pass swells and shrinks around its mean size, as a share of it.
SWELL = 0.07


@dataclass(frozen=True)
class Lane:
    """A strip of the picture along which people walk, one after another.

    Attributes
    ----------
    centre_y_px
        Height at which faces pass.
    eye_distances_px
        Range from which sizes are drawn.
    tallest_face_px
        Cap for the height of a face box, so that a cut-out stays inside its strip.
    pass_s, headway_s
        How long a pass takes, and the time from one entrance to the next.
    first_s
        When the first person enters.
    leftwards
        Direction of travel.
    """

    centre_y_px: int
    eye_distances_px: tuple[float, float]
    tallest_face_px: float
    pass_s: float
    headway_s: float
    first_s: float
    leftwards: bool

    def size_for(self, portrait: Portrait, wanted_px: float) -> float:
        """Eye distance in pixels at which this portrait passes, at most `wanted_px`."""
        tallest = self.tallest_face_px / portrait.box[3] * portrait.eye_distance_px
        return min(wanted_px, tallest)

    def suits(self, person: Person) -> bool:
        """Whether every portrait stays recognisable in this lane (profiles need the near one)."""
        widest = self.eye_distances_px[1]
        return all(
            self.size_for(portrait, widest) >= SMALLEST_EYE_DISTANCE_PX
            for portrait in person.portraits
        )


@dataclass(frozen=True, eq=False)
class Pass:
    """One person crossing one camera's picture once, from edge to edge."""

    person: Person
    portrait: Portrait
    lane: Lane
    start_s: float
    end_s: float
    eye_distance_px: float
    seed: int


def timetable(
    queue: Sequence[Person], lanes: Sequence[Lane], rng: np.random.Generator
) -> tuple[Pass, ...]:
    """Send a queue of people through the lanes, nobody twice at the same time.

    Parameters
    ----------
    queue
        People in the order they would like to enter; a name may stand in it several times.
    lanes
        Where they can walk. Whoever doesn't suit a free lane lets the next one go first.
    rng
        Draws sizes, small delays and each pass's own seed.

    Returns
    -------
    tuple of Pass
        Ordered by start; as many as the queue is long.

    Raises
    ------
    FootageUnavailable
        Somebody suits no lane.
    """
    for person in queue:
        if not any(lane.suits(person) for lane in lanes):
            raise FootageUnavailable(
                f"the photographs of {person.name} are too small: leave it out"
            )
    waiting = list(queue)
    free_s = [lane.first_s for lane in lanes]
    turns: dict[str, int] = {}
    passes: list[Pass] = []
    while waiting:
        index = int(np.argmin(free_s))
        lane, start_s = lanes[index], free_s[index]
        entering = _next_up(waiting, lane, _present(passes, start_s, start_s + lane.pass_s))
        if entering is None:
            free_s[index] += 0.5
            continue
        waiting.remove(entering)
        turn = turns[entering.name] = turns.get(entering.name, -1) + 1
        passes.append(_enter(entering, turn, lane, start_s, rng))
        free_s[index] = start_s + lane.headway_s + float(rng.uniform(0.0, 0.3))
    return tuple(sorted(passes, key=lambda one: one.start_s))


def _enter(person: Person, turn: int, lane: Lane, start_s: float, rng: np.random.Generator) -> Pass:
    portrait = person.portraits[turn % len(person.portraits)]
    size_px = lane.size_for(portrait, float(rng.uniform(*lane.eye_distances_px)))
    return Pass(
        person=person,
        portrait=portrait,
        lane=lane,
        start_s=start_s,
        end_s=start_s + lane.pass_s,
        eye_distance_px=max(SMALLEST_EYE_DISTANCE_PX, size_px),
        seed=int(rng.integers(2**31)),
    )


def _next_up(waiting: Sequence[Person], lane: Lane, present: set[str]) -> Person | None:
    ready = (one for one in waiting if one.name not in present and lane.suits(one))
    return next(ready, None)


def _present(passes: Sequence[Pass], start_s: float, end_s: float) -> set[str]:
    return {one.person.name for one in passes if one.start_s < end_s and one.end_s > start_s}


def script_entry(one: Pass) -> dict[str, object]:
    """Describe a pass as `script.json` does: times in seconds from the start of the file."""
    return {
        "person": one.person.name,
        "listed": one.person.listed,
        "start_s": round(one.start_s, 3),
        "end_s": round(one.end_s, 3),
        "eye_distance_px": round(one.eye_distance_px, 1),
    }
