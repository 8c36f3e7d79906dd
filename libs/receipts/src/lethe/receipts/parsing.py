"""Reading a line of a log of receipts as the entry that it is, and as nothing else."""

from typing import Any

from lethe.receipts.canonical import decode
from lethe.receipts.entries import KINDS
from lethe.receipts.entry import VERSION, Entry
from lethe.receipts.errors import BadInput
from lethe.receipts.fields import declared_fields, optional_fields


def parse_entry(line: bytes) -> Entry:
    """Read a line (without its newline) as exactly one of the entries that there are.

    Raises
    ------
    BadInput
        If it isn't canonical, or anything in it is unknown, missing or of another type.
    """
    said = decode(line)
    kind, version = said.pop("kind", None), said.pop("v", None)
    found = KINDS.get(kind) if isinstance(kind, str) else None
    if found is None:
        raise BadInput("its kind is unknown")
    if type(version) is not int or version != VERSION:
        raise BadInput(f"its version isn't {VERSION}")
    wanted = {field_name for field_name, _ in declared_fields(found)}
    if unknown := said.keys() - wanted:
        raise BadInput(f"it has an unknown field, {_printable(min(unknown))}")
    optional = optional_fields(found)
    if missing := wanted - said.keys() - set(optional):
        raise BadInput(f"its {min(missing)} is missing")
    if empty := [each for each in optional if said.get(each) == ""]:
        raise BadInput(f"its {empty[0]} is empty where it would be left out")
    values: dict[str, Any] = {
        each: tuple(value) if isinstance(value, list) else value for each, value in said.items()
    }
    return found(**values)


def _printable(field_name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in field_name[:40])
