"""The people who walk through footage, and the demonstration's cast.

The demonstration's photographs come out of installed wheels and nothing is copied into the
project: `skimage.data.astronaut()` (NASA, public domain, one face) and InsightFace's `t1.jpg`
(six faces). Nobody is named: the six are numbered from left to right.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lethe.cli.footage.errors import FootageUnavailable

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Face boxes (x, y, width, height) and eye distances in pixels, found once with YuNet and checked
# by eye; constants keep the rendering free of any model.
_ASTRONAUT = ((178, 63, 90, 114), 47.1)
_SIX = (
    ((61, 269, 106, 128), 51.3),
    ((267, 152, 105, 126), 41.7),
    ((466, 267, 102, 145), 51.8),
    ((748, 353, 98, 122), 42.5),
    ((906, 59, 100, 144), 25.6),
    ((1126, 273, 95, 124), 46.8),
)
# The one of the six who looks into the camera.
_LISTED_OF_SIX = "person-3"

# A reference shows the face with this much of its size around it: enough for any detector,
# little enough that no neighbour is in it.
_REFERENCE_MARGIN = 0.62


@dataclass(frozen=True, eq=False)
class Portrait:
    """One face in one photograph.

    Attributes
    ----------
    image
        Photograph, uint8, height x width x 3, BGR; it may hold other faces outside the reach.
    box
        The face: left, top, width, height in pixels.
    eye_distance_px
        Distance between the eyes' centres in the photograph.
    reach
        Semi-axes of the cut-out ellipse (horizontal, vertical), in face heights.
    """

    image: NDArray[np.uint8] = field(repr=False)
    box: tuple[int, int, int, int]
    eye_distance_px: float
    reach: tuple[float, float] = (0.80, 1.0)


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody who passes the cameras.

    Attributes
    ----------
    name
        Also the file name of the reference; a label, never a real name.
    listed
        Whether the watchlist holds this person.
    portraits
        Photographs the footage shows, used in turn.
    references
        Images for the watchlist, uint8 BGR; empty for people who aren't listed.
    """

    name: str
    listed: bool
    portraits: tuple[Portrait, ...] = field(repr=False)
    references: tuple[NDArray[np.uint8], ...] = field(default=(), repr=False)


def demonstration_cast() -> tuple[Person, ...]:
    """Seven people, two of them listed.

    Raises
    ------
    FootageUnavailable
        A wheel that carries a photograph isn't installed or lacks it.
    """
    astronaut = Portrait(_wheel_image("skimage", "data/astronaut.png"), *_ASTRONAUT)
    group = _wheel_image("insightface", "data/images/t1.jpg")
    cast = [_walk_on("astronaut", astronaut, listed=True)]
    for number, (box, eye_distance_px) in enumerate(_SIX, start=1):
        portrait = Portrait(group, box, eye_distance_px)
        name = f"person-{number}"
        cast.append(_walk_on(name, portrait, listed=name == _LISTED_OF_SIX))
    return tuple(cast)


def _walk_on(name: str, portrait: Portrait, *, listed: bool) -> Person:
    references = (reference_of(portrait),) if listed else ()
    return Person(name, listed, (portrait,), references)


def reference_of(portrait: Portrait) -> NDArray[np.uint8]:
    """Cut out one face of a photograph, as a watchlist has it: uint8, height x width x 3, BGR."""
    left, top, width, height = portrait.box
    margin = round(_REFERENCE_MARGIN * height)
    rows = slice(max(0, top - margin), top + height + margin)
    columns = slice(max(0, left - margin), left + width + margin)
    return np.ascontiguousarray(portrait.image[rows, columns])


def _wheel_image(package: str, relative: str) -> NDArray[np.uint8]:
    """Read an image out of an installed wheel without importing the wheel."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec is not None else None
    for folder in folders or ():
        image = cv2.imread(str(Path(folder) / relative), cv2.IMREAD_COLOR)
        if image is not None:
            return np.asarray(image, dtype=np.uint8)
    raise FootageUnavailable(
        f"the package {package} with {relative} isn't installed: run `make setup`"
    )
