"""Reading a watchlist folder: one image per person, or one sub-folder per person."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from lethe.cli.watchlist.images import Images
from lethe.cli.watchlist.people import Fault, People, Person, Picture
from lethe.contracts.errors import InvalidInput

IGNORED = frozenset({"thumbs.db", "desktop.ini"})
SUBJECTS_LIMIT = 1_000
_GROUNDS = "named by the user of this machine, for a try-out"


def read_watchlist(folder: Path) -> People:
    """Read a watchlist folder.

    A person is known by the name of the file or sub-folder.

    Raises
    ------
    InvalidInput
        If the folder doesn't exist, can't be read, is empty or names too many people.
    """
    if not folder.is_dir():
        raise InvalidInput(f"{folder} isn't a folder; --watchlist takes one with images of people")
    people = People(folder)
    try:
        entries = _visible(folder)
        if not entries:
            raise InvalidInput(f"{folder} is empty; add one image per person")
        _read_people(people, entries)
    except OSError as error:
        raise InvalidInput(f"{folder} can't be read ({error.strerror}); check its rights") from None
    if len(people.listed) > SUBJECTS_LIMIT:
        raise InvalidInput(
            f"{folder} names {len(people.listed)} people and a local order at most "
            f"{SUBJECTS_LIMIT}; take some out"
        )
    return people


def _visible(folder: Path) -> list[Path]:
    entries = [p for p in folder.iterdir() if not p.name.startswith(".")]
    return sorted(p for p in entries if p.name.lower() not in IGNORED)


def _read_people(people: People, entries: Iterable[Path]) -> None:
    names: dict[str, Path] = {}
    images = Images()
    for entry in entries:
        name = unicodedata.normalize("NFC", entry.name if entry.is_dir() else entry.stem)
        first = names.setdefault(name.casefold(), entry)
        if first is not entry:
            why = f"{name} is there twice: also as {_shown(people, first)}"
            people.faults.append(Fault(_shown(people, entry), why))
            continue
        pictures = tuple(_read_pictures(people, images, entry))
        if pictures:
            people.listed.append(Person(_details(name), pictures))


def _read_pictures(people: People, images: Images, entry: Path) -> Iterable[Picture]:
    files = _visible(entry) if entry.is_dir() else [entry]
    if not files:
        people.faults.append(Fault(f"{_shown(people, entry)}/", "no image in this folder"))
    for path in files:
        shown = _shown(people, path)
        if path.is_dir():
            why = "a folder inside a person's folder; move its images up"
            people.faults.append(Fault(shown, why))
            continue
        try:
            yield images.read(path, shown)
        except InvalidInput as unusable:
            people.faults.append(Fault(shown, str(unusable)))


def _shown(people: People, path: Path) -> str:
    return str(path.relative_to(people.folder))


def _details(name: str) -> dict[str, object]:
    return {"reference_number": name, "name": name, "category": "other", "grounds": _GROUNDS}
