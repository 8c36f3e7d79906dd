"""What lies on the disk of a node."""

from collections.abc import Iterable
from pathlib import Path


def found_on_disk(log_dir: Path, markers: Iterable[bytes]) -> set[bytes]:
    """Return the markers that some file of the node still holds, deleted segments included.

    It reads files by name. What lies in blocks that a deleted file gave back isn't looked for.
    """
    found: set[bytes] = set()
    wanted = set(markers)
    for path in log_dir.rglob("*"):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue
        found |= {marker for marker in wanted - found if marker in content}
    return found
