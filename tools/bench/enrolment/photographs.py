"""A table and a folder of photographs, as many as are asked for."""

import csv
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np

from lethe.cli.home import find_home
from lethe.contracts.errors import InvalidInput

_NOISE = 3.0
"""Standard deviation, of 255: another image of the same person to hash and models."""
_QUALITY = 75
"""With the noise a photograph takes about as many bytes as it did."""


def tabled(faces: Path, count: int, folder: Path) -> Path:
    """Write so many photographs, and a table that lists all of them; return the table.

    Parameters
    ----------
    faces
        One folder per person. Without it the demonstration's watchlist is used. Where there are
        too few photographs, those there are come again with noise.
    """
    people = _people(faces)
    images: dict[str, list[str]] = {}
    random = np.random.default_rng(1)
    for number, (name, photograph) in enumerate(islice(cycle(people), count)):
        shown = f"{number}.jpg"
        content = photograph.read_bytes()
        if number >= len(people):
            content = _noisy(content, random)
        (folder / shown).write_bytes(content)
        images.setdefault(name, []).append(shown)
    table = folder / "list.csv"
    with table.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["reference_number", "name", "category", "grounds", "images"])
        for number, (name, shown_of) in enumerate(images.items()):
            row = [f"N-{number}", name, "other", "a measurement", ";".join(shown_of)]
            writer.writerow(row)
    return table


def _people(faces: Path) -> list[tuple[str, Path]]:
    folder = faces if faces.is_dir() else find_home().demonstration / "watchlist"
    found = list(photographs(folder))
    if not found:
        raise InvalidInput(f"there is no photograph in {folder}")
    return found


def photographs(folder: Path) -> Iterator[tuple[str, Path]]:
    """Give the photographs below a folder, each with the name of the person."""
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in {".jpg", ".jpeg", ".png"}:
            yield (file.stem if file.parent == folder else file.parent.name), file


def _noisy(content: bytes, random: np.random.Generator) -> bytes:
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    noise = _NOISE * random.standard_normal(image.shape, dtype=np.float32)
    noisy = np.clip(image + noise, 0, 255).astype(np.uint8)
    written, encoded = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    assert written
    return encoded.tobytes()
