"""A log as purge keeps it, possibly still being written, or torn by a crash."""

import os
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO

from lethe.receipts.canonical import decode
from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.errors import ReceiptsError
from lethe.receipts.exports import (
    HEADER,
    CheckpointNote,
    EntryLine,
    Item,
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
    signer
        The verifier key that it names.
    begun_ms
        When its first entry says that it began.
    tree
        Of its whole entries.
    last, checkpoint
        Its last checkpoint, and the signed note of it.
    head_bytes
        Where its `log` line begins.
    whole_bytes, covered_bytes
        Where its last whole entry or checkpoint ends, and where its last checkpoint does.
    """

    signer: str = ""
    origin: str = ""
    begun_ms: int = 0
    checkpoint: str = ""
    tree: Frontier = field(default_factory=Frontier)
    last: Checkpoint | None = None
    head_bytes: int = 0
    whole_bytes: int = 0
    covered_bytes: int = 0

    @property
    def unsigned(self) -> int:
        """How many entries no checkpoint covers."""
        return self.tree.size - (self.last.size if self.last else 0)

    def take(self, item: Item) -> None:
        """Take the next line or block of its file."""
        if isinstance(item, KeyNamed):
            self.signer = item.text
        elif isinstance(item, LogBegun):
            self.origin, self.head_bytes = item.origin, self.whole_bytes
        elif isinstance(item, EntryLine):
            self.begun_ms = self.begun_ms or time_of(item.leaf)
            self.tree.append(item.leaf)
        else:
            self.last = Checkpoint.parse(Note.parse(item.note).text)
            self.checkpoint = item.note
        self.whole_bytes += len(item_lines(item))
        if isinstance(item, CheckpointNote):
            self.covered_bytes = self.whole_bytes


def read_stored(stream: BinaryIO, most_entries: int | None = None) -> StoredLog:
    """Read a log up to the last entry or checkpoint that is whole, or so many entries of it."""
    log = StoredLog(whole_bytes=len(HEADER))
    try:
        for item in read_items(read_lines(stream)):
            log.take(item)
            if most_entries is not None and log.tree.size >= most_entries:
                break
    except ReceiptsError:
        # What comes from here on is torn: it was being written when its writer died.
        return log
    return log


def time_of(leaf: bytes) -> int:
    """Return when an entry says that it was made; 0 if that can't be told."""
    try:
        at_ms = decode(leaf).get("at_ms")
    except ReceiptsError:
        return 0
    return at_ms if isinstance(at_ms, int) else 0


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
