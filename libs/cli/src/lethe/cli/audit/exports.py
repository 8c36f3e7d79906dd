"""An audit log in a file, as it is handed on: one entry a line, behind its hash."""

from collections.abc import Iterator
from typing import BinaryIO

from lethe.alert.audit.chain import SealedEntry
from lethe.contracts.errors import InvalidInput
from lethe.receipts.canonical import LONGEST_LINE

HEADER = b"lethe-audit v1\n"
_HASH_DIGITS = 64
_LONGEST = _HASH_DIGITS + 1 + LONGEST_LINE + 1


def entry_line(entry: SealedEntry) -> bytes:
    """Return the line of an entry."""
    return f"{entry.digest} {entry.line}\n".encode()


def read_entries(stream: BinaryIO) -> Iterator[SealedEntry]:
    """Give the entries of a file. What isn't text is read as if it were, to be refuted.

    Raises
    ------
    InvalidInput
        If it is no file of an audit log.
    """
    if stream.readline(len(HEADER)) != HEADER:
        raise InvalidInput(
            f"{stream.name} is neither an exported audit log nor a database of alert"
        )
    while line := stream.readline(_LONGEST):
        digest, _, said = line.decode("utf-8", "replace").removesuffix("\n").partition(" ")
        yield SealedEntry(said, digest)
