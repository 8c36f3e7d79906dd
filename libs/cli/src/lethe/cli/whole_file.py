"""Files that are there whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from lethe.contracts.errors import InvalidInput


@contextmanager
def whole_file(file: Path) -> Iterator[BinaryIO]:
    """Give what a file is to hold its content; it is there once nothing failed.

    Raises
    ------
    InvalidInput
        If it can't be written.
    """
    partial = file.parent / f".{file.name}.partial"
    try:
        # privacy: drafts of orders and audit logs: names and references, nothing of a face
        with partial.open("wb") as stream:
            yield stream
        partial.replace(file)
    except OSError as error:
        raise InvalidInput(f"{file} can't be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            partial.unlink()
