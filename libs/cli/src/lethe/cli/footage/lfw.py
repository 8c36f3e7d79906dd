"""The harder footage, for evaluation: many people, references and footage of different days.

It is rendered from a folder of people with several photographs each (the layout of Labeled Faces
in the Wild: one folder per person, JPEGs of 250 x 250 with the face in the middle). These are
photographs of real people: they are read where they lie, nobody's name goes into the footage, and
inside a project the result may only lie under the git-ignored `.lethe/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lethe.cli.footage.cast import Person, Portrait
from lethe.cli.footage.errors import FootageUnavailable
from lethe.cli.footage.folder import publish
from lethe.cli.footage.render import Camera
from lethe.cli.footage.script import Lane, timetable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# Every photograph is aligned, so one box serves all: medians over 150 of them (YuNet).
_SIDE_PX = 250
_FACE_BOX = (77, 66, 98, 131)
_EYE_DISTANCE_PX = 46.2
# Neighbours stand close in press photographs: the cut-out hugs the head.
_REACH = (0.66, 0.86)
# Part of the photograph that serves as a reference, likewise without neighbours.
_REFERENCE_ROWS = slice(36, 226)
_REFERENCE_COLUMNS = slice(48, 202)
# Listed people need a photograph for the watchlist and another one for the footage.
_LEAST_FOR_LISTED = 2
_MOST_PORTRAITS = 2
_CAMERAS = 2


@dataclass(frozen=True)
class _Subject:
    photographs: tuple[Path, ...]


def build_evaluation(
    faces_folder: Path,
    target: Path,
    *,
    people: int = 200,
    listed: int = 40,
    seed: int = 1,
) -> Path:
    """Render the evaluation footage, unless the target holds it already.

    Parameters
    ----------
    faces_folder
        One folder per person with aligned JPEGs of 250 x 250 pixels.
    target
        Gets `camera-1.mp4`, `camera-2.mp4`, `script.json` and `watchlist/`.
    people
        How many walk. Listed ones pass both cameras, the others one of them, each once.
    listed
        How many of them are on the watchlist, by one photograph that the footage never shows.
    seed
        Decides who takes part, as whom, when and how.

    Returns
    -------
    Path
        The target.

    Raises
    ------
    FootageUnavailable
        Too few people in the folder, or the target can't be used.
    """
    _refuse_inside_a_project(target)
    return publish(
        target,
        lambda: evaluation_cameras(faces_folder, people, listed, seed),
        recipe={"seed": seed, "people": people, "listed": listed},
    )


def evaluation_cameras(faces_folder: Path, people: int, listed: int, seed: int) -> list[Camera]:
    """Script both cameras from a folder of photographs.

    Raises
    ------
    FootageUnavailable
        Too few people in the folder, or a photograph can't be read.
    """
    rng = np.random.default_rng(seed)
    cast = _cast(faces_folder, people, listed, rng)
    cameras = []
    for number in range(1, _CAMERAS + 1):
        queue = [
            person
            for place, person in enumerate(cast)
            if person.listed or place % _CAMERAS == number - 1
        ]
        # Each camera starts with another photograph of a listed person, where there is one.
        turned = [_turned(queue[index], number) for index in rng.permutation(len(queue))]
        cameras.append(Camera(f"camera-{number}", timetable(turned, _lanes(), rng), seed + number))
    return cameras


def _turned(person: Person, number: int) -> Person:
    start = (number - 1) % len(person.portraits)
    portraits = person.portraits[start:] + person.portraits[:start]
    return Person(person.name, person.listed, portraits, person.references)


def _cast(faces_folder: Path, people: int, listed: int, rng: np.random.Generator) -> list[Person]:
    subjects = _subjects(faces_folder)
    subjects = [subjects[index] for index in rng.permutation(len(subjects))]
    several = [one for one in subjects if len(one.photographs) >= _LEAST_FOR_LISTED][:listed]
    rest = [one for one in subjects if one not in several][: people - listed]
    if len(several) < listed or len(rest) < people - listed:
        raise FootageUnavailable(
            f"{faces_folder} has too few people for {people} with {listed} listed "
            "(listed people need two photographs): ask for fewer"
        )
    width = len(str(people))
    cast = [_listed_person(f"person-{n:0{width}}", one) for n, one in enumerate(several, start=1)]
    for number, one in enumerate(rest, start=listed + 1):
        portrait = _portrait(one.photographs[0])
        cast.append(Person(f"person-{number:0{width}}", listed=False, portraits=(portrait,)))
    return cast


def _listed_person(name: str, subject: _Subject) -> Person:
    reference, *shown = subject.photographs
    image = np.ascontiguousarray(_read(reference)[_REFERENCE_ROWS, _REFERENCE_COLUMNS])
    portraits = tuple(_portrait(path) for path in shown[:_MOST_PORTRAITS])
    return Person(name, listed=True, portraits=portraits, references=(image,))


def _portrait(path: Path) -> Portrait:
    return Portrait(_read(path), _FACE_BOX, _EYE_DISTANCE_PX, _REACH)


def _read(path: Path) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None or image.shape[:2] != (_SIDE_PX, _SIDE_PX):
        raise FootageUnavailable(
            f"{path} isn't a photograph of {_SIDE_PX} x {_SIDE_PX} pixels: take it out"
        )
    return np.asarray(image, dtype=np.uint8)


def _subjects(faces_folder: Path) -> list[_Subject]:
    if not faces_folder.is_dir():
        raise FootageUnavailable(
            f"{faces_folder} isn't a folder: name one with a folder per person"
        )
    found = (tuple(sorted(path.glob("*.jpg"))) for path in sorted(faces_folder.iterdir()))
    return [_Subject(photographs) for photographs in found if photographs]


def _refuse_inside_a_project(target: Path) -> None:
    resolved = target.resolve()
    inside = any((parent / ".git").exists() for parent in resolved.parents)
    if inside and ".lethe" not in resolved.parts:
        raise FootageUnavailable(
            f"{target} lies inside a git repository: photographs of people belong under .lethe/"
        )


def _lanes() -> Sequence[Lane]:
    """Two people far away and one near: three at once at most."""
    far = Lane(
        centre_y_px=130,
        eye_distances_px=(30.0, 38.0),
        tallest_face_px=110.0,
        pass_s=5.0,
        headway_s=2.9,
        first_s=0.5,
        leftwards=False,
    )
    near = Lane(
        centre_y_px=470,
        eye_distances_px=(38.0, 60.0),
        tallest_face_px=180.0,
        pass_s=4.5,
        headway_s=4.7,
        first_s=1.0,
        leftwards=True,
    )
    return far, near
