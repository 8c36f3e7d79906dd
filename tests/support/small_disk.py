"""A disk of its own size, that a test can fill."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BLOCK = bytes(1 << 20)
_FILLER = "somebody-elses-file"


class SmallDisk:
    """A file system in memory, mounted on a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        """Let somebody else's file take all the room that is left."""
        with (self.folder / _FILLER).open("ab", buffering=0) as filler:
            block = _BLOCK
            while block:
                try:
                    filler.write(block)
                except OSError:
                    block = block[: len(block) // 2]

    def free(self) -> None:
        """Remove that file."""
        (self.folder / _FILLER).unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount a disk of this size on a folder, and take it away at last.

    Raises
    ------
    AssertionError
        If this user may not mount: a test of a full disk needs root.
    """
    folder.mkdir(parents=True, exist_ok=True)
    size = f"size={megabytes}m,mode=0700"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "lethe-test", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"a disk that can be filled needs root: {done.stderr.strip()}"
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
