"""Taking a `multipart/x-mixed-replace` stream apart in one owned buffer (RFC 2046, section 5.1).

Cameras are careless with it: boundaries with or without their dashes, lengths that are missing or
wrong, bare line feeds. Whatever doesn't fit is counted and passed over up to the next boundary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

MAX_PART_BYTES = 4 * 1024 * 1024
MAX_HEAD_BYTES = 4096
_FIRST_ROOM_BYTES = 256 * 1024
_BLANK_LINES = (b"\r\n\r\n", b"\n\n")


class MultipartParser:
    """Finds the parts in what is fed to it, however it was cut on the way.

    Parameters
    ----------
    boundary
        As the content type names it.
    max_part_bytes
        A larger part is passed over and counted.

    Attributes
    ----------
    found, broken
        Parts given so far, and those passed over.
    """

    def __init__(self, boundary: bytes, *, max_part_bytes: int = MAX_PART_BYTES) -> None:
        self._delimiter = b"--" + (boundary.lstrip(b"-") or boundary)
        self._max_part_bytes = max_part_bytes
        self._room = bytearray(_FIRST_ROOM_BYTES)
        self._length = 0
        self._in_part = False
        self._body_bytes: int | None = None
        self._searched = 0
        self.broken = 0
        self.found = 0

    @property
    def held_bytes(self) -> int:
        """How many bytes of an unfinished part are held; its head doesn't count."""
        return self._length if self._in_part else 0

    def feed(self, chunk: memoryview) -> Generator[NDArray[np.uint8], None, None]:
        """Take bytes of the stream and give the parts that are complete with them.

        Parameters
        ----------
        chunk
            Copied before the first part is given.

        Yields
        ------
        ndarray
            The bytes of one part, uint8: a view that is overwritten when the next is asked for.
        """
        self._append(chunk)
        while (size := self._complete_part()) is not None:
            self.found += 1
            yield np.frombuffer(self._room, np.uint8, size)
            self._drop(size)

    def reset(self) -> None:
        """Overwrite what is held and look for the next boundary."""
        self._drop(self._length)
        self._seek()

    def _append(self, chunk: memoryview) -> None:
        needed = self._length + len(chunk)
        if needed > len(self._room):
            larger = bytearray(max(needed, 2 * len(self._room)))
            larger[: self._length] = memoryview(self._room)[: self._length]
            self._overwrite(0, self._length)
            self._room = larger
        memoryview(self._room)[self._length : needed] = chunk
        self._length = needed

    def _complete_part(self) -> int | None:
        """Move on to the next complete part and give its size; None when more is needed."""
        while True:
            if not self._in_part and not self._enter_part():
                return None
            size = self._body_size()
            if size is None:
                if self._length <= self._max_part_bytes:
                    return None
                self._pass_over()
            elif size > 0:
                self._seek()
                return size

    def _enter_part(self) -> bool:
        """Find a boundary and read the head behind it; tell whether both were complete."""
        while True:
            found = self._room.find(self._delimiter, 0, self._length)
            if found < 0:
                # What can't be the beginning of a boundary is of no use.
                self._drop(max(0, self._length - len(self._delimiter) + 1))
                return False
            self._drop(found)
            head_bytes = self._head_bytes()
            if head_bytes is None:
                return False
            if head_bytes > 0:
                self._body_bytes = self._stated_length(head_bytes)
                self._drop(head_bytes)
                self._in_part, self._searched = True, 0
                return True
            self._pass_over(len(self._delimiter))

    def _head_bytes(self) -> int | None:
        """Give the bytes up to the body; 0 when there is no head, None when more is needed."""
        limit = min(self._length, MAX_HEAD_BYTES)
        begins = len(self._delimiter)
        ends = [
            place + len(line)
            for line in _BLANK_LINES
            if (place := self._room.find(line, begins, limit)) >= 0
        ]
        if ends:
            return min(ends)
        return None if self._length < MAX_HEAD_BYTES else 0

    def _stated_length(self, head_bytes: int) -> int | None:
        for line in bytes(memoryview(self._room)[:head_bytes]).splitlines():
            name, _, value = line.partition(b":")
            number = value.strip()
            if name.strip().lower() == b"content-length" and number.isdigit():
                # Digits without end are no length; more than a part may have is too large anyway.
                return min(int(number[:12]), self._max_part_bytes + 1)
        return None

    def _body_size(self) -> int | None:
        """Give the size of the body; 0 when the part is over or broken, None for more bytes."""
        if self._body_bytes is not None and not 0 < self._body_bytes <= self._max_part_bytes:
            self._pass_over()
            return 0
        limit = self._length if self._body_bytes is None else min(self._length, self._body_bytes)
        found = self._room.find(self._delimiter, self._searched, limit)
        self._searched = max(0, limit - len(self._delimiter) + 1)
        if self._body_bytes is not None:
            if found >= 0:
                # The stated length reaches into the next part.
                self._pass_over(found)
                return 0
            return self._body_bytes if self._length >= self._body_bytes else None
        if found < 0:
            return None
        size = self._without_line_end(found)
        if size == 0:
            self._pass_over(found)
        return size

    def _without_line_end(self, size: int) -> int:
        for ending in (b"\n", b"\r"):
            if size and self._room[size - 1] == ending[0]:
                size -= 1
        return size

    def _pass_over(self, size: int = 0) -> None:
        self.broken += 1
        self._drop(size)
        self._seek()

    def _seek(self) -> None:
        self._in_part, self._body_bytes, self._searched = False, None, 0

    def _drop(self, size: int) -> None:
        """Remove bytes from the front and overwrite what they leave."""
        rest = self._length - size
        view = memoryview(self._room)
        view[:rest] = view[size : self._length]
        self._overwrite(rest, self._length)
        self._length = rest

    def _overwrite(self, begin: int, end: int) -> None:
        np.frombuffer(self._room, np.uint8)[begin:end].fill(0)
