"""Watchlists that are imported while canaries are in the picture.

The people are those of the demonstration, with noise: other images, to hashes and models, and
others in each lot. What is found of one lot is none that was just being worked on of another.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tools.bench.enrolment.photographs import tabled

from lethe.cli.footage.cast import demonstration_cast, reference_of

_IMAGES = {"canary-list-one": 14, "canary-list-two": 70}
"""The first is through before anything is searched; the second is not."""

_NOISE = 3.0
"""Standard deviation, of 255."""


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
    lots = []
    for seed, (watchlist_id, count) in enumerate(_IMAGES.items()):
        place = folder / watchlist_id
        if not place.exists():
            place.mkdir(parents=True)
            tabled(_people(folder / f"people of {watchlist_id}", seed), count, place)
        lots.append(Lot(watchlist_id, place / "list.csv"))
    return lots


def _people(folder: Path, seed: int) -> Path:
    """Write one picture of everybody, as no other seed gives it; return the folder."""
    folder.mkdir()
    random = np.random.default_rng(seed)
    for person in demonstration_cast():
        image = reference_of(person.portraits[0])
        noisy = np.clip(image + random.normal(0.0, _NOISE, image.shape), 0, 255)
        cv2.imwrite(str(folder / f"{person.name}.jpg"), noisy.astype(np.uint8))
    return folder
