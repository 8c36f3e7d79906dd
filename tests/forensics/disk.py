"""Every file that a run may have left something in, open ones without a name included."""

import stat
from collections.abc import Iterator
from pathlib import Path

from tests.forensics.memory import OVERLAP

_CHUNK = 4 * 1024 * 1024


def files_under(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder, whatever they are called."""
    for path in folder.rglob("*"):
        try:
            if stat.S_ISREG(path.lstat().st_mode):
                yield path
        except FileNotFoundError:
            continue


def nameless_files(pid: int) -> Iterator[Path]:
    """Yield what a process has open that no folder lists: deleted files, memory files."""
    try:
        descriptors = list(Path(f"/proc/{pid}/fd").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return
    for path in descriptors:
        try:
            status = path.stat()
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
            yield path


def contents(path: Path) -> Iterator[bytes]:
    """Yield a file in chunks.

    A file that is deleted meanwhile yields what was read until then.
    """
    try:
        with path.open("rb") as opened:
            before = b""
            while content := opened.read(_CHUNK):
                yield before[-OVERLAP:] + content
                before = content
    except OSError:
        return


def core_files(*folders: Path) -> list[Path]:
    """Return what a crash may have left in these folders."""
    return [path for folder in folders for path in folder.glob("core*") if path.is_file()]
