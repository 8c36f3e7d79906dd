"""Every file that a run may have left something in, open ones without a name included."""

import glob
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from tests.forensics.memory import OVERLAP

_CHUNK = 4 * 1024 * 1024
_KEPT_BY_PROGRAMS = (Path("/var/lib/systemd/coredump"), Path("/var/crash"), Path("/var/cache/abrt"))
"""Of systemd-coredump, apport and abrt."""


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


def core_pattern() -> str:
    """Return where this kernel writes core files, as core(5) has it."""
    return Path("/proc/sys/kernel/core_pattern").read_text().strip()


def core_files(*folders: Path, pattern: str) -> list[Path]:
    """Return what a crash may have left, in these folders and where the kernel writes it.

    Parameters
    ----------
    folders
        In which processes may have run.
    pattern
        As `core_pattern` returns it. A program that is given core files keeps them where it likes:
        the usual places are looked into.
    """
    found = [path for folder in folders for path in folder.glob("core*")]
    if pattern.startswith("|"):
        found += [path for folder in _KEPT_BY_PROGRAMS for path in files_under(folder)]
    else:
        # Of each specifier anything may have become, and a process id may follow.
        name = re.sub(r"(%.|\*)+", "*", glob.escape(pattern) + "*")
        for folder in folders:
            whole = folder / name
            found += Path(whole.anchor).glob(str(whole.relative_to(whole.anchor)))
    return sorted({path for path in found if path.is_file()})
