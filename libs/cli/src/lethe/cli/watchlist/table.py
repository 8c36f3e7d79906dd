"""Reading a watchlist's table: a CSV file whose rows are subjects, read row by row."""

import codecs
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lethe.cli.watchlist.columns import BY_NAME, COLUMNS, IMAGES, several
from lethe.contracts.errors import InvalidInput

MOST_SUBJECTS = 100_000
_CHUNK = 1024 * 1024
_ENCODINGS = ("utf-8-sig", "cp1252")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HINT = "'lethe watchlist template' prints the columns"
_AS_UTF8 = "save it as CSV in UTF-8"


@dataclass(frozen=True, slots=True)
class Row:
    """A subject's row.

    Attributes
    ----------
    line
        On which it ends, as an editor counts them.
    cells
        By column.
    fault
        Why the row as such can't be read.
    """

    line: int
    cells: Mapping[str, str] = field(repr=False)
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was looked through once: its header and its shape are right.

    Attributes
    ----------
    encoding
        UTF-8, or else Windows-1252.
    images
        How many it names.
    """

    file: Path
    encoding: str
    delimiter: str
    subjects: int = 0
    images: int = 0

    @property
    def is_utf8(self) -> bool:
        """Whether it was read as UTF-8, which can't be mistaken for another encoding."""
        return self.encoding == _ENCODINGS[0]

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header; those without any content are passed over.

        Raises
        ------
        InvalidInput
            If the file can't be read as CSV.
        """
        ended = 0
        try:
            with self.file.open(encoding=self.encoding, newline="") as stream:
                reader = csv.reader(stream, delimiter=self.delimiter, strict=True)
                header = _header(self.file, next(reader, []))
                ended = reader.line_num
                for cells in reader:
                    ended = reader.line_num
                    if any(cell.strip() for cell in cells):
                        yield _row(ended, header, cells)
        except OSError as error:
            raise _unreadable(self.file, error) from None
        except (csv.Error, UnicodeDecodeError):
            raise InvalidInput(
                f"{self.file} isn't CSV from line {ended + 1} on: look for a quotation mark "
                "that isn't closed, or a cell of more than 128 kB"
            ) from None


def read_table(file: Path) -> Table:
    """Look a table through, whatever its size, before anything of it is used.

    Raises
    ------
    InvalidInput
        If it can't be read, is no CSV, has other columns, or too many or no subjects.
    """
    table = Table(file, *_form(file))
    subjects = images = 0
    for row in table.rows():
        subjects += 1
        images += len(several(row.cells.get(IMAGES, "")))
        if subjects > MOST_SUBJECTS:
            raise InvalidInput(
                f"{file} has more than {MOST_SUBJECTS:,} rows: an order takes no more"
            )
    if not subjects:
        raise InvalidInput(f"{file} lists nobody: write a row for each subject; {_HINT}")
    return Table(file, table.encoding, table.delimiter, subjects, images)


def _form(file: Path) -> tuple[str, str]:
    """Return encoding and delimiter."""
    try:
        encoding = next(each for each in _ENCODINGS if _decodes(file, each))
        with file.open(encoding=encoding, newline="") as stream:
            first = stream.readline(_CHUNK)
    except OSError as error:
        raise _unreadable(file, error) from None
    except StopIteration:
        raise InvalidInput(f"{file} is neither UTF-8 nor Windows-1252: {_AS_UTF8}") from None
    return encoding, ";" if first.count(";") > first.count(",") else ","


def _decodes(file: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with file.open("rb") as stream:
        chunk = stream.read(_CHUNK)
        if chunk.startswith(_WIDE):
            raise InvalidInput(f"{file} is in UTF-16: {_AS_UTF8}")
        while chunk:
            if b"\0" in chunk:
                raise InvalidInput(f"{file} is no text: {_AS_UTF8}")
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return False
            chunk = stream.read(_CHUNK)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _header(file: Path, cells: list[str]) -> list[str]:
    names = [cell.strip().casefold().replace(" ", "_") for cell in cells]
    twice = next((name for name in names if names.count(name) > 1), None)
    unknown = next((name for name in names if name not in BY_NAME), None)
    missing = [c.name for c in COLUMNS if c.is_required and c.name not in names]
    if missing:
        raise InvalidInput(f"{file} has no column {', '.join(missing)} in its first line; {_HINT}")
    if unknown is not None:
        raise InvalidInput(f"{file} has a column {unknown or 'without a name'}; {_HINT}")
    if twice is not None:
        raise InvalidInput(f"{file} has two columns {twice}; {_HINT}")
    return names


def _row(line: int, header: list[str], cells: list[str]) -> Row:
    named = dict(zip(header, cells, strict=False))
    if len(cells) == len(header):
        return Row(line, named)
    why = f"{len(cells)} cells where the first line has {len(header)}"
    return Row(line, named, f"{why}: put a cell that holds a comma in quotation marks")


def _unreadable(file: Path, error: OSError) -> InvalidInput:
    return InvalidInput(f"{file} can't be read: {error.strerror}")
