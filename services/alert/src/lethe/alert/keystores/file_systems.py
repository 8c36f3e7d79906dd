"""What the erasure of a key is worth on a given file system."""

from collections.abc import Iterator
from pathlib import Path

from lethe.contracts.receipts import ErasurePromise

_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_IN_PLACE = frozenset({"ext2", "ext3", "ext4", "xfs", "vfat", "exfat"})
_JOURNALS_CONTENT = "data=journal"
_MOUNTS = Path("/proc/self/mountinfo")


def promise_of(folder: Path, mounts: str | None = None) -> ErasurePromise:
    """Return what overwriting a file in a folder achieves; the least where that isn't known.

    Parameters
    ----------
    mounts
        As in /proc/self/mountinfo (proc(5)), which is read when not given.
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ErasurePromise.UNLINKED
    place = folder.resolve()
    above = [mount for mount in _parse(mounts) if place.is_relative_to(mount[0])]
    if not above:
        return ErasurePromise.UNLINKED
    deepest = max(len(at.parts) for at, _, _ in above)
    # Of two on one place the later one covers the other.
    _, kind, options = [mount for mount in above if len(mount[0].parts) == deepest][-1]
    if kind in _IN_MEMORY:
        return ErasurePromise.MEMORY
    if kind in _IN_PLACE and _JOURNALS_CONTENT not in options:
        return ErasurePromise.OVERWRITTEN
    return ErasurePromise.UNLINKED


def _parse(mounts: str) -> Iterator[tuple[Path, str, list[str]]]:
    """Yield place, kind and options of every mount."""
    for line in mounts.splitlines():
        before, separator, after = line.partition(" - ")
        own, described = before.split(" "), after.split(" ")
        if separator and len(own) > 5 and len(described) > 2:  # noqa: PLR2004 - fields of proc(5)
            place = own[4].replace("\\040", " ")
            options = f"{own[5]},{described[2]}".split(",")
            yield Path(place), described[0], options
