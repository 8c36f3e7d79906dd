"""Watchlists that are imported while canaries are in the picture.

The people are those of the demonstration, with noise: other images, to hashes and models.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import cv2
from tools.bench.enrolment.photographs import tabled

from lethe.cli.footage.cast import demonstration_cast, reference_of

_IMAGES = {"canary-list-first": 14, "canary-list-second": 70}
"""The first is through before anything is searched; the second is not."""


@dataclass(frozen=True, slots=True)
class Lot:
    """A table of people, and their images beside it."""

    watchlist_id: str
    table: Path

    def images(self) -> list[Path]:
        """Return the images."""
        return sorted(self.table.parent.glob("*.jpg"))


@dataclass(slots=True)
class Import:
    """A lot on its way.

    Attributes
    ----------
    ended_us
        When all of its images were through, on the boot clock; None while they aren't.
    is_listed
        Whether match has its templates, and should.
    """

    lot: Lot
    process: "subprocess.Popen[bytes]"
    ended_us: int | None = None
    is_listed: bool = True


def lots_in(folder: Path) -> list[Lot]:
    """Return the lots, which are written to a folder unless they are there."""
    people = folder / "people"
    people.mkdir(parents=True, exist_ok=True)
    for person in demonstration_cast():
        cv2.imwrite(str(people / f"{person.name}.png"), reference_of(person.portraits[0]))
    lots = []
    for watchlist_id, count in _IMAGES.items():
        place = folder / watchlist_id
        if not place.exists():
            place.mkdir()
            tabled(people, count, place)
        lots.append(Lot(watchlist_id, place / "list.csv"))
    return lots
