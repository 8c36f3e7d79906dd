"""The memory of a running process, read as root reads it: live, without stopping it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 4 * 1024 * 1024
# Windows that lie across two chunks are seen in the second.
OVERLAP = 256
_MAPPINGS_WITHOUT_MEMORY = ("[vvar]", "[vsyscall]", "[vdso]")


@dataclass(frozen=True, slots=True)
class Mapping:
    """A writable stretch of a process's address space of which some is in memory."""

    start: int
    end: int
    name: str


def writable_mappings(pid: int) -> list[Mapping]:
    """Return the mappings of a process that it can write, private and shared, and that hold any."""
    found: list[Mapping] = []
    current: Mapping | None = None
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        head, _, rest = line.partition(" ")
        if "-" in head and not head.endswith(":"):
            start, _, end = head.partition("-")
            rights, *others = rest.split(maxsplit=4)
            name = others[3].strip() if len(others) > 3 else ""
            usable = "w" in rights and name not in _MAPPINGS_WITHOUT_MEMORY
            current = Mapping(int(start, 16), int(end, 16), name) if usable else None
        elif current is not None and head in {"Rss:", "Swap:"} and int(rest.split()[0]):
            found.append(current)
            current = None
    return found


def chunks(pid: int) -> Iterator[bytes]:
    """Yield the writable memory of a process, a few megabytes at a time.

    A process that ends meanwhile yields no more: what it held went back to the kernel, which
    overwrites memory before it gives it to another process.
    """
    try:
        descriptor = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    except (FileNotFoundError, ProcessLookupError):
        return
    try:
        for mapping in writable_mappings(pid):
            yield from _parts(descriptor, mapping)
    except (FileNotFoundError, ProcessLookupError):
        return
    finally:
        os.close(descriptor)


def swapped_bytes(pid: int) -> int:
    """Return how much of a process lies in swap; none of one that ended."""
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    for line in told.splitlines():
        if line.startswith("VmSwap:"):
            return int(line.split()[1]) * 1024
    return 0


def _parts(descriptor: int, mapping: Mapping) -> Iterator[bytes]:
    start = mapping.start
    while start < mapping.end:
        try:
            yield os.pread(descriptor, min(_CHUNK + OVERLAP, mapping.end - start), start)
        except OSError:
            # A mapping that went away meanwhile, or a device's.
            return
        start += _CHUNK
