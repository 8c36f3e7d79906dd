"""Getting at what the user names: a file, an address, a key."""

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http.client import HTTPException, HTTPResponse, InvalidURL
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from lethe.receipts.errors import BadInput
from lethe.receipts.notes import VerifierKey

_TIMEOUT_S = 30
_ALTOGETHER_S = 1_800
"""A server that sends a byte now and then must not hold anybody for ever."""

_LARGEST_NOTE = 65_536
_SERVED = "/api/v1/receipts"
"""Where alert serves them."""


def served_at(place: str) -> str:
    """Return where receipts are: an address without a path is that of alert's page."""
    if not _is_address(place):
        return place
    try:
        is_bare = urlsplit(place).path in ("", "/")
    except ValueError:
        return place
    return f"{place.rstrip('/')}{_SERVED}" if is_bare else place


@contextmanager
def opened(place: str) -> Iterator[BinaryIO]:
    """Give the bytes of a file, of an http(s) address, or of standard input (`-`).

    Raises
    ------
    BadInput
        If they can't be had, or no longer: also while they are read.
    """
    try:
        with _source(place) as stream:
            yield stream
    except URLError as error:
        raise BadInput(f"{place}: {_reason(error)}") from None
    except (OSError, HTTPException) as error:
        why = error.strerror if isinstance(error, OSError) else None
        raise BadInput(f"{place}: {why or 'it ended too early'}") from None


def _source(place: str) -> AbstractContextManager[BinaryIO]:
    if place == "-":
        return nullcontext(sys.stdin.buffer)
    if not _is_address(place):
        return Path(place).open("rb")
    try:
        answer: HTTPResponse = urlopen(place, timeout=_TIMEOUT_S)  # noqa: S310 - only these schemes
    except (ValueError, InvalidURL):
        raise BadInput(f"{place}: no address that can be used") from None
    return BufferedReader(_Answer(answer, time.monotonic() + _ALTOGETHER_S))


def _is_address(place: str) -> bool:
    return place.lower().startswith(("http://", "https://"))


class _Answer(RawIOBase):
    """What a server sends, until a time."""

    def __init__(self, answer: HTTPResponse, until_s: float) -> None:
        self._answer = answer
        self._until_s = until_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if time.monotonic() > self._until_s:
            raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        into = memoryview(buffer)
        part = self._answer.read1(len(into))
        if not part and self._answer.length:
            raise OSError(errno.EIO, "it ended too early")
        into[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._answer.close()
        super().close()


def read_note(place: str) -> str:
    """Return the text of a small file or address.

    Raises
    ------
    BadInput
        If it can't be had, is too large or no text.
    """
    with opened(place) as stream:
        text = stream.read(_LARGEST_NOTE + 1)
    if len(text) > _LARGEST_NOTE:
        raise BadInput(f"{place}: too large for a checkpoint or a verifier key")
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise BadInput(f"{place}: it is no text") from None


def named_verifier(named: str) -> VerifierKey:
    """Return the verifier key that an option names: itself, or the file that holds it.

    Raises
    ------
    BadInput
        If it is neither.
    """
    text = read_note(named) if _is_file(named) else named
    try:
        return VerifierKey.parse(text)
    except BadInput as error:
        if not _is_file(named) and "+" not in named:
            told = "no verifier key, and no file of that name is there"
            raise BadInput(f"{named.strip()[:80]!r}: {told}") from None
        raise BadInput(f"{text.strip()[:80]!r}: {error}, or a file that holds one") from None


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:
        # Too long for a file's name.
        return False


def _reason(error: URLError) -> str:
    reason = error.reason
    return (reason.strerror if isinstance(reason, OSError) else str(reason)) or "no answer"
