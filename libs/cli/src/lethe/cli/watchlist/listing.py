"""From rows to people: details and images of each, and why some can't be listed."""

import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from lethe.cli.watchlist.columns import IMAGES, NUMBER, details_of, several
from lethe.cli.watchlist.images import Images
from lethe.cli.watchlist.people import Fault, Person, Picture, Place, Verdict
from lethe.cli.watchlist.table import Row, Table
from lethe.contracts.errors import InvalidInput


class Listing:
    """The people of a table, read as they are wanted, with images of one folder.

    Parameters
    ----------
    note
        Takes what is wrong with rows and images.

    Attributes
    ----------
    passed_over
        Images so far of which nothing came.
    """

    def __init__(self, table: Table, folder: Path, note: Callable[[Fault], None]) -> None:
        self._table = table
        self._folder = folder
        self._inside = folder.resolve()
        self._note = note
        self._images = Images()
        self._lines: dict[str, int] = {}
        self.passed_over = 0

    def people(self) -> Iterator[Person]:
        """Yield who can be listed, as far as can be told without looking for faces."""
        for row in self._table.rows():
            place = Place(row.line, row.cells.get(NUMBER, "").strip())
            try:
                details = self._details(row, place)
            except InvalidInput as wrong:
                self._note(Fault("", str(wrong), place, Verdict.ROW))
                self.passed_over += len(several(row.cells.get(IMAGES, "")))
                continue
            pictures = tuple(self._pictures(row, place))
            if pictures:
                yield Person(details, pictures, place)
            else:
                self._note(Fault("", "none of its images can be used", place, Verdict.ROW))

    def _details(self, row: Row, place: Place) -> dict[str, object]:
        if row.fault is not None:
            raise InvalidInput(row.fault)
        details = details_of(row.cells)
        first = self._lines.setdefault(place.number.casefold(), row.line)
        if first != row.line:
            raise InvalidInput(f"reference_number: line {first} has it already")
        return details

    def _pictures(self, row: Row, place: Place) -> Iterator[Picture]:
        for name in several(row.cells[IMAGES]):
            try:
                yield self._images.read(self._path(name), name, place)
            except InvalidInput as unusable:
                self._note(Fault(name, str(unusable), place))
                self.passed_over += 1

    def _path(self, name: str) -> Path:
        """Return where an image lies: in the folder or below it, and nowhere else."""
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or "\\" in name or "\0" in name:
            raise InvalidInput(
                "not the name of a file in the folder: write name.jpg or sub/name.jpg"
            )
        # Names with accents are written in two ways, and some systems change one to the other.
        named = [self._folder / unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
        path = next((each for each in named if _exists(each)), self._folder / name)
        if not _exists(path):
            raise InvalidInput("there is no such file in the folder")
        if not path.resolve().is_relative_to(self._inside):
            raise InvalidInput("it is a link that leaves the folder: copy the file into it")
        return path


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
