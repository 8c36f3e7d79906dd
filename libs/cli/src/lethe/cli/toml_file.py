"""TOML that somebody wrote by hand."""

import re
import tomllib
from pathlib import Path
from typing import Any

from lethe.contracts.errors import InvalidInput

_PLACE = re.compile(r"at line \d+, column \d+")


def read_toml(file: Path, largest: int, hint: str) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    largest
        How many bytes of it are read.
    hint
        What to write in it.

    Raises
    ------
    InvalidInput
        If it isn't TOML, with line and column where they are known.
    OSError
        If it can't be read.
    """
    try:
        with file.open("rb") as opened:
            return tomllib.loads(opened.read(largest).decode())
    except ValueError as error:
        # privacy: only the place is taken; the rest of the message may repeat what the file holds
        place = _PLACE.search(str(error))
        where = f" {place[0]}" if place else ""
        raise InvalidInput(f"{file} isn't TOML{where}: {hint}") from None
