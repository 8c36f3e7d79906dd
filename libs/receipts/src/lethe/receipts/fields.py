"""What the fields of an entry may hold: names, numbers and hashes, nothing that is free text."""

from collections.abc import Callable
from dataclasses import field, fields
from typing import Any

from lethe.receipts.canonical import LARGEST
from lethe.receipts.errors import BadInput

LONGEST_NAME = 200
LONGEST_ORIGIN = 500
"""Holds the names of a key, an instance and a term."""

_HASH_DIGITS = 64
_HEX = frozenset("0123456789abcdef")


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value <= LARGEST


def _is_name(value: object) -> bool:
    return _is_text(value, LONGEST_NAME)


def _is_origin(value: object) -> bool:
    return _is_text(value, LONGEST_ORIGIN)


def _is_text(value: object, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest and value.isprintable()


def is_hash(value: object) -> bool:
    """Tell whether a value is a SHA-256 in lower-case hex."""
    return isinstance(value, str) and len(value) == _HASH_DIGITS and set(value) <= _HEX


def _is_hash_or_none(value: object) -> bool:
    return value == "" or is_hash(value)


def _are_hashes(value: object) -> bool:
    return isinstance(value, list) and all(map(is_hash, value))


_CHECKS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "number": ("a whole number from 0", _is_number),
    "name": (f"a printable text of at most {LONGEST_NAME} characters", _is_name),
    "origin": (f"a printable text of at most {LONGEST_ORIGIN} characters", _is_origin),
    "hash": ("a SHA-256 in hex", is_hash),
    "hash-or-none": ("a SHA-256 in hex, or empty", _is_hash_or_none),
    "hashes": ("a list of SHA-256 in hex", _are_hashes),
}


def _declared(kind: str) -> Any:
    return field(metadata={"kind": kind})


def number() -> Any:
    """Declare a whole number from 0 below 2^53."""
    return _declared("number")


def name() -> Any:
    """Declare a short printable text."""
    return _declared("name")


def origin() -> Any:
    """Declare the name of a log, which holds other names; empty for none."""
    return _declared("origin")


def hash_hex() -> Any:
    """Declare a SHA-256 in lower-case hex."""
    return _declared("hash")


def hash_hex_or_none() -> Any:
    """Declare a SHA-256 in lower-case hex that may be empty."""
    return _declared("hash-or-none")


def hash_hex_if_any() -> Any:
    """Declare a SHA-256 in lower-case hex; an entry without one doesn't have the field."""
    return field(default="", metadata={"kind": "hash-or-none", "optional": True})


def name_if_any() -> Any:
    """Declare a short printable text; an entry without one doesn't have the field."""
    return field(default="", metadata={"kind": "name", "optional": True})


def hashes_hex() -> Any:
    """Declare a list of SHA-256 in lower-case hex."""
    return _declared("hashes")


def hashes_hex_if_any() -> Any:
    """Declare a list of SHA-256 in lower-case hex; an entry without one doesn't have the field."""
    return field(default=(), metadata={"kind": "hashes", "optional": True})


def require_fit(field_name: str, kind: str, value: object) -> None:
    """Check the value of a field against what was declared for it.

    Raises
    ------
    BadInput
        Saying what the field must hold; never what it holds.
    """
    wanted, fits = _CHECKS[kind]
    if not fits(value):
        raise BadInput(f"its {field_name} isn't {wanted}")


_known: dict[type[Any], tuple[tuple[str, str], ...]] = {}


def declared_fields(kind: type[Any]) -> tuple[tuple[str, str], ...]:
    """Return the fields of a kind of entry, and what each was declared to hold."""
    found = _known.get(kind)
    if found is None:
        found = tuple((each.name, each.metadata["kind"]) for each in fields(kind))
        _known[kind] = found
    return found


_optional: dict[type[Any], tuple[str, ...]] = {}


def optional_fields(kind: type[Any]) -> tuple[str, ...]:
    """Return the fields that an entry of a kind has only where there is something to say."""
    found = _optional.get(kind)
    if found is None:
        found = tuple(each.name for each in fields(kind) if "optional" in each.metadata)
        _optional[kind] = found
    return found
