"""Reading a watchlist folder: one image per person, or one sub-folder per person."""

import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from lethe.contracts.errors import InvalidInput

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
IGNORED = frozenset({"thumbs.db", "desktop.ini"})
IMAGE_LIMIT_BYTES = 7 * 1024 * 1024
SUBJECTS_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an image or a folder can't be used."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One image of one person. The bytes are read again when they are sent."""

    name: str
    subject_id: str
    path: Path
    image_sha256: str


@dataclass(slots=True)
class Watchlist:
    """What a folder yielded.

    Attributes
    ----------
    pictures
        What can be enrolled, as far as can be told without looking for faces.
    faults
        What can't, in the order of the folder.
    """

    folder: Path
    pictures: list[Picture] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def shown(self, path: Path) -> str:
        """Return a path as the user knows it: within the folder."""
        return str(path.relative_to(self.folder))


def read_watchlist(folder: Path) -> Watchlist:
    """Read a watchlist folder.

    A person is known by the name of the file or sub-folder. Every person gets a random subject
    id: topics and receipts carry that and never the name.

    Raises
    ------
    InvalidInput
        If the folder doesn't exist, can't be read, is empty or names too many people.
    """
    if not folder.is_dir():
        raise InvalidInput(f"{folder} isn't a folder; --watchlist takes one with images of people")
    watchlist = Watchlist(folder)
    try:
        entries = _visible(folder)
        if not entries:
            raise InvalidInput(f"{folder} is empty; add one image per person")
        _read_people(watchlist, entries)
    except OSError as error:
        raise InvalidInput(f"{folder} can't be read ({error.strerror}); check its rights") from None
    subjects = {picture.subject_id for picture in watchlist.pictures}
    if len(subjects) > SUBJECTS_LIMIT:
        raise InvalidInput(
            f"{folder} names {len(subjects)} people and a local order at most {SUBJECTS_LIMIT}; "
            "take some out"
        )
    return watchlist


def _visible(folder: Path) -> list[Path]:
    entries = [p for p in folder.iterdir() if not p.name.startswith(".")]
    return sorted(p for p in entries if p.name.lower() not in IGNORED)


def _read_people(watchlist: Watchlist, entries: Iterable[Path]) -> None:
    names: dict[str, Path] = {}
    images: dict[str, Path] = {}
    for entry in entries:
        name = unicodedata.normalize("NFC", entry.name if entry.is_dir() else entry.stem)
        first = names.setdefault(name.casefold(), entry)
        if first is not entry:
            why = f"{name} is there twice: also as {watchlist.shown(first)}"
            watchlist.faults.append(Fault(watchlist.shown(entry), why))
            continue
        subject_id = f"subject-{uuid.uuid4().hex[:12]}"
        files = _visible(entry) if entry.is_dir() else [entry]
        if not files:
            watchlist.faults.append(Fault(f"{watchlist.shown(entry)}/", "no image in this folder"))
        for path in files:
            _read_picture(watchlist, images, path, name, subject_id)


def _read_picture(
    watchlist: Watchlist, images: dict[str, Path], path: Path, name: str, subject_id: str
) -> None:
    shown = watchlist.shown(path)
    if why := _unusable(path):
        watchlist.faults.append(Fault(shown, why))
        return
    try:
        with path.open("rb") as stream:
            digest = sha256(stream.read()).hexdigest()
    except OSError as error:
        watchlist.faults.append(Fault(shown, f"can't be read ({error.strerror})"))
        return
    first = images.setdefault(digest, path)
    if first is not path:
        why = f"the same image as {watchlist.shown(first)}"
        watchlist.faults.append(Fault(shown, why))
        return
    watchlist.pictures.append(Picture(name, subject_id, path, digest))


def _unusable(path: Path) -> str | None:
    if path.is_dir():
        return "a folder inside a person's folder; move its images up"
    if not path.is_file():
        return "not a file"
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        return "not an image (JPEG, PNG, WebP, BMP or TIFF)"
    size = path.stat().st_size
    if size == 0:
        return "unreadable: the file is empty"
    if size > IMAGE_LIMIT_BYTES:
        return f"larger than {IMAGE_LIMIT_BYTES // 1024 // 1024} MB"
    return None
