"""Where in the C library a sample was taken: in the allocator, filling for it, or elsewhere.

The library is stripped. It lists for unwinding where each function begins, and exports the names
that tell where the allocator lies.
"""

import ctypes
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ALLOCATOR, FILL = "allocator", "fill"
_ALLOCATING = frozenset(
    ("malloc", "free", "realloc", "calloc", "memalign", "posix_memalign", "malloc_info")
)
_ELF_HEADER = struct.Struct("<16xHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_TABLE_ENTRY = struct.Struct("<ii")
_TABLE_FROM = 12
_EXPECTED_ENCODINGS = bytes((1, 0x1B, 0x03, 0x3B))
_FUNCTIONS = (2, 10)
"""Symbols that are functions, or are resolved to one when the library is loaded."""


class UnknownLibrary(Exception):
    """The C library isn't made as those that were seen."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A file's place in the memory of a process."""

    base: int
    end: int
    path: Path


def libc_mapping(pid: int | str) -> Mapping | None:
    """Return where a process has the C library; None if it has none."""
    begin, end, path = 0, 0, None
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if line.endswith("/libc.so.6"):
            first, _, last = line.partition(" ")[0].partition("-")
            begin = begin or int(first, 16)
            end, path = int(last, 16), Path(line.split()[-1])
    return None if path is None else Mapping(begin, end, path)


class CLibrary:
    """Knows the functions of a C library.

    Parameters
    ----------
    begins
        Where functions begin, ascending, relative to the library.
    allocator
        From where to where the allocator reaches.
    memset, calloc
        Where each begins.
    """

    def __init__(
        self, begins: list[int], allocator: tuple[int, int], *, memset: int, calloc: int
    ) -> None:
        self._begins = begins
        self._allocator = allocator
        self._memset = self._function(memset)
        self._calloc = self._function(calloc)

    @classmethod
    def here(cls) -> Self:
        """Read the one that this process has, which is that of the services.

        Raises
        ------
        UnknownLibrary
            If it can't be read so.
        """
        mapping = libc_mapping("self")
        if mapping is None:
            raise UnknownLibrary("this process has no glibc")
        image = _Image(mapping.path.read_bytes())
        exported = dict(image.exported())
        named = [exported[name] for name in _ALLOCATING if name in exported]
        first, last = min(begin for begin, _ in named), max(end for _, end in named)
        before = max((end for _, end in exported.values() if end <= first), default=first)
        # The processor decides which memset it is; the loader knows.
        memset = ctypes.cast(ctypes.CDLL(None).memset, ctypes.c_void_p).value or 0
        return cls(
            image.function_begins(),
            (before, last),
            memset=memset - mapping.base,
            calloc=exported["calloc"][0],
        )

    def part_of(self, place: int, caller: int) -> str | None:
        """Return what a sample counts as; None where it is neither.

        Parameters
        ----------
        place
            Of the instruction, relative to the library.
        caller
            The word on top of the stack, likewise: where a filling function returns to.
        """
        if self._is_in_allocator(place):
            return ALLOCATOR
        # calloc fills with zeros because it was asked to.
        fills = self._function(place) == self._memset and self._is_in_allocator(caller)
        return FILL if fills and self._function(caller) != self._calloc else None

    def _is_in_allocator(self, place: int) -> bool:
        begin, end = self._allocator
        return begin <= place < end

    def _function(self, place: int) -> int:
        return bisect_right(self._begins, place)


class _Image:
    """A library's file."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        header = _ELF_HEADER.unpack_from(content)
        table, count, names_at = header[5], header[11], header[12]
        sections = [
            _SECTION.unpack_from(content, table + index * _SECTION.size) for index in range(count)
        ]
        names = sections[names_at][4]
        self._sections = {self._text(names + each[0]): each for each in sections}

    def exported(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """Yield the functions that are exported, with begin and end."""
        symbols, strings = self._section(".dynsym"), self._section(".dynstr")
        for offset in range(symbols[4], symbols[4] + symbols[5], _SYMBOL.size):
            name, info, _, _, value, size = _SYMBOL.unpack_from(self._content, offset)
            if info & 0xF in _FUNCTIONS and value:
                yield self._text(strings[4] + name), (value, value + size)

    def function_begins(self) -> list[int]:
        """Return where functions begin, from the table for unwinding."""
        _, _, _, address, offset, *_ = self._section(".eh_frame_hdr")
        if self._content[offset : offset + 4] != _EXPECTED_ENCODINGS:
            raise UnknownLibrary("its table for unwinding is of another form")
        (count,) = struct.unpack_from("<I", self._content, offset + 8)
        table = offset + _TABLE_FROM
        entries = self._content[table : table + count * _TABLE_ENTRY.size]
        return sorted(address + begin for begin, _ in _TABLE_ENTRY.iter_unpack(entries))

    def _section(self, name: str) -> tuple[int, ...]:
        if name not in self._sections:
            raise UnknownLibrary(f"it has no {name}")
        return self._sections[name]

    def _text(self, offset: int) -> str:
        return self._content[offset : self._content.index(b"\0", offset)].decode()
