"""One place after another, searched for everything."""

from collections.abc import Iterable
from pathlib import Path

from tests.forensics import disk, memory
from tests.forensics.searching import Found, Index


def in_process(index: Index, pid: int, *, born_by: int) -> Found:
    """Return what the writable memory of a process holds."""
    return _in(index, memory.chunks(pid), born_by)


def in_file(index: Index, path: Path, *, born_by: int) -> Found:
    """Return what a file holds."""
    return _in(index, disk.contents(path), born_by)


def _in(index: Index, chunks: Iterable[bytes], born_by: int) -> Found:
    found = Found()
    for chunk in chunks:
        found += index.search(chunk, born_by=born_by)
    return found
