"""Files that are there whole or not at all, for their owner alone."""

import os
import tempfile
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
    partial: Path | None = None
    try:
        # privacy: drafts, audit logs, reports of imports: names and references, nothing of a face
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        partial = Path(name)
        # privacy: the same file
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
        partial.replace(file)
    except OSError as error:
        raise InvalidInput(f"{file} can't be written: {error.strerror}") from None
    finally:
        if partial is not None:
            with suppress(OSError):
                partial.unlink()
