"""The columns of a watchlist's table: what each may hold, and the details that they make."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from lethe.contracts.errors import InvalidInput

SEPARATOR = ";"
IMAGES = "images"
NUMBER = "reference_number"
_YES = frozenset({"yes", "y", "true", "1"})
_NO = frozenset({"no", "n", "false", "0"})
_ORIGINS = ("custody", "other")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes
    ----------
    told
        What it holds, for who fills it in.
    example
        As the template has it.
    read
        Makes a detail of a cell, of an empty one what alert takes it for; raises `InvalidInput`
        with what to write.
    """

    name: str
    told: str
    example: str
    read: Callable[[str], object] = str
    is_required: bool = False


def several(cell: str) -> list[str]:
    """Return what a cell lists."""
    return [part for each in cell.split(SEPARATOR) if (part := each.strip())]


def _truth(cell: str) -> bool:
    said = cell.casefold()
    if said not in _YES | _NO | {""}:
        raise InvalidInput("write yes or no")
    return said in _YES


def _day(cell: str) -> str | None:
    try:
        return date.fromisoformat(cell).isoformat() if cell else None
    except ValueError:
        raise InvalidInput("write a date as 2026-12-31") from None


def _origin(cell: str) -> str:
    said = cell.casefold() or "other"
    if said not in _ORIGINS:
        raise InvalidInput(f"write {' or '.join(_ORIGINS)}")
    return said


COLUMNS = (
    Column(NUMBER, "what your records call the subject; each once", "N-1042", is_required=True),
    Column("name", "a name or an alias", "Jane Example", is_required=True),
    Column("category", "one of the watchlist's categories", "wanted on warrant", is_required=True),
    Column(
        "grounds", "why the subject is on the list", "failed to appear on 3 May", is_required=True
    ),
    Column(
        IMAGES,
        "image files in the folder, with ; between them",
        "n-1042-front.jpg; 2025/n-1042.png",
        is_required=True,
    ),
    Column("instructions", "what an officer is to do", "arrest"),
    Column("warning_markers", "with ; between them", "may be armed; asthmatic", several),
    Column("conditions", "what an officer checks", ""),
    Column("is_child", "yes or no", "no", _truth),
    Column("is_vulnerable", "yes or no", "no", _truth),
    Column("image_origin", "custody or other", "custody", _origin),
    Column("image_note", "where the images come from", "custody image of 2025"),
    Column("review_on", "when somebody looks again, as 2026-12-31", "2099-06-30", _day),
    Column("expires_on", "the last day on the list, as 2026-12-31", "2099-12-31", _day),
)
BY_NAME = {column.name: column for column in COLUMNS}


def details_of(cells: Mapping[str, str]) -> dict[str, object]:
    """Return a subject's details as the API takes them, of a row's cells by column.

    All of them: what an empty cell or a missing column stands for is said too, so that clearing
    a cell changes what was listed before.

    Raises
    ------
    InvalidInput
        One line that says which columns can't be used and what to write there.
    """
    details: dict[str, object] = {}
    faults: list[str] = []
    for column in COLUMNS:
        said = cells.get(column.name, "").strip()
        try:
            if column.is_required and not said:
                faults.append(f"{column.name} is missing: {column.told}")
            elif column.name != IMAGES:
                details[column.name] = column.read(said)
        except InvalidInput as wrong:
            faults.append(f"{column.name}: {wrong}")
    if faults:
        raise InvalidInput("; ".join(faults))
    return details
