"""A log as purge keeps it, possibly still being written, or torn by a crash."""

import os
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO

from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.errors import ReceiptsError
from lethe.receipts.exports import (
    HEADER,
    CheckpointNote,
    EntryLine,
    KeyNamed,
    LogBegun,
    item_lines,
    read_items,
    read_lines,
)
from lethe.receipts.hashing import Frontier
from lethe.receipts.notes import Note

FOLDER, SUFFIX = "receipts", ".receipts"
"""Where in a data folder logs lie, and how their names end."""

_TAIL_BYTES = 16_384


@dataclass(slots=True)
class StoredLog:
    """How far a log is whole. Nothing in it is verified.

    Attributes
    ----------
    tree
        Of its whole entries.
    last
        Its last checkpoint.
    head_bytes
        Where its `log` line begins.
    whole_bytes, covered_bytes
        Where its last whole entry or checkpoint ends, and where its last checkpoint does.
    """

    origin: str = ""
    tree: Frontier = field(default_factory=Frontier)
    last: Checkpoint | None = None
    head_bytes: int = 0
    whole_bytes: int = 0
    covered_bytes: int = 0

    @property
    def unsigned(self) -> int:
        """How many entries no checkpoint covers."""
        return self.tree.size - (self.last.size if self.last else 0)


def read_stored(stream: BinaryIO) -> StoredLog:
    """Read a log up to the last entry or checkpoint that is whole."""
    log = StoredLog()
    try:
        for item in read_items(read_lines(stream)):
            log.whole_bytes = log.whole_bytes or len(HEADER)
            if isinstance(item, LogBegun):
                log.origin, log.head_bytes = item.origin, log.whole_bytes
            elif isinstance(item, EntryLine):
                log.tree.append(item.leaf)
            elif isinstance(item, CheckpointNote):
                log.last = Checkpoint.parse(Note.parse(item.note).text)
            log.whole_bytes += len(item_lines(item))
            if not isinstance(item, EntryLine | KeyNamed | LogBegun):
                log.covered_bytes = log.whole_bytes
    except ReceiptsError:
        # What comes from here on is torn: it was being written when its writer died.
        return log
    return log


def clean_end(stream: BinaryIO) -> Checkpoint | None:
    """Return the last checkpoint of a log that ends with it; None if it ends otherwise.

    Only the end is read.
    """
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _TAIL_BYTES))
    tail = stream.read()
    at = tail.rfind(b"\ncheckpoint\n")
    if at < 0:
        return None
    try:
        items = list(read_items([HEADER, *read_lines(BytesIO(tail[at + 1 :]))]))
        match items:
            case [CheckpointNote(note)]:
                return Checkpoint.parse(Note.parse(note).text)
    except ReceiptsError:
        return None
    return None
