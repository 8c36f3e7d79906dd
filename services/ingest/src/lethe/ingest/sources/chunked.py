"""Undoing HTTP's chunked transfer coding (RFC 9112, section 7.1) without a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lethe.ingest.sources.errors import SourceLost

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_LINE = 256
_LARGEST_CHUNK = 64 * 1024 * 1024


class ChunkedDecoder:
    """Gives the payload in what is fed to it, however it was cut on the way."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._left = 0
        self._line_ends_chunk = False

    def feed(self, raw: memoryview) -> Iterator[memoryview]:
        """Give the payload as views into `raw`.

        Raises
        ------
        SourceLost
            The last chunk came, or something that is none.
        """
        place = 0
        while place < len(raw):
            if self._left:
                taken = raw[place : place + self._left]
                self._left -= len(taken)
                self._line_ends_chunk = self._left == 0
                place += len(taken)
                yield taken
            else:
                self._take(raw[place])
                place += 1

    def _take(self, byte: int) -> None:
        if byte != ord("\n"):
            self._line.append(byte)
            if len(self._line) > _LONGEST_LINE:
                raise _malformed()
            return
        line = bytes(self._line).strip()
        self._line.clear()
        if self._line_ends_chunk:
            self._line_ends_chunk = False
            if line:
                raise _malformed()
            return
        self._left = _size(line)
        if self._left == 0:
            raise SourceLost("the source ended the stream")


def _size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or not all(digit in b"0123456789abcdefABCDEF" for digit in digits):
        raise _malformed()
    size = int(digits, 16)
    if size > _LARGEST_CHUNK:
        raise _malformed()
    return size


def _malformed() -> SourceLost:
    return SourceLost("the source sent a malformed stream: its chunks don't fit")
