"""Sources are checked before anything starts: what can't be watched is told at once."""

from contextlib import closing
from pathlib import Path

import av.logging

from lethe.contracts.errors import InvalidInput
from lethe.ingest.sources import open_source


def check_source(source: str) -> str:
    """Check that a source yields a picture; return it as ingest shall open it.

    Ingest runs elsewhere: a path is made absolute.

    Raises
    ------
    InvalidInput
        If it doesn't exist, can't be read, or holds no picture.
    """
    # FFmpeg writes to stderr by itself, where the one line of this command belongs.
    av.logging.set_level(av.logging.PANIC)
    location = source if "://" in source else str(Path(source).expanduser().absolute())
    with closing(open_source(location)) as opened:
        opened.open()
        if next(iter(opened.frames()), None) is None:
            raise InvalidInput(f"{source} holds no picture; name another source")
    return location
