"""Canonical JSON: one line of ASCII for one object, so that one content has one hash.

Names sorted, no spaces, no fractions: numbers are whole, and below 2^53 so that every reader
of JSON gets them right.
"""

import json
from collections.abc import Mapping

from lethe.receipts.errors import BadInput

Value = str | int | list[str]
LARGEST = 2**53 - 1
LONGEST_LINE = 65_536
"""Bytes; no entry comes near it."""


def encode(content: Mapping[str, object]) -> bytes:
    """Return the line of an object, without its newline."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def decode(line: bytes) -> dict[str, object]:
    """Read a line.

    Raises
    ------
    BadInput
        If it isn't the canonical form of an object.
    """
    if len(line) > LONGEST_LINE:
        raise BadInput("it is too long")
    try:
        content = json.loads(line.decode("ascii"))
        is_canonical = isinstance(content, dict) and encode(content) == line
    except (ValueError, RecursionError):
        raise BadInput("it is no JSON") from None
    if not is_canonical:
        raise BadInput("it isn't in canonical form")
    return dict(content)
