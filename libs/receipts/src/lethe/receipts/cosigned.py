"""Cosigned checkpoints of a log, in a file beside it: blocks as in the log, one after another."""

from collections.abc import Iterable
from pathlib import Path

from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.errors import ReceiptsError
from lethe.receipts.exports import (
    HEADER,
    CheckpointNote,
    checkpoint_block,
    read_items,
    read_lines,
)
from lethe.receipts.notes import MOST_SIGNATURES, Note, NoteSignature

SUFFIX = ".cosigned"


def cosigned_file(log: Path) -> Path:
    """Return where cosigned checkpoints of a log lie."""
    return log.with_suffix(SUFFIX)


def read_cosigned(file: Path) -> list[str]:
    """Return the cosigned checkpoints of such a file, as signed notes; none if it isn't there."""
    notes: list[str] = []
    try:
        with file.open("rb") as stream:
            for item in read_items([HEADER, *read_lines(stream)]):
                if isinstance(item, CheckpointNote):
                    Checkpoint.parse(Note.parse(item.note).text)
                    notes.append(item.note)
    except (FileNotFoundError, ReceiptsError):
        # Somebody else changed it: its witness knows the rest.
        return notes
    return notes


def add_cosigned(file: Path, note: Note) -> None:
    """Add a checkpoint with the log's signature first and a witness's behind it."""
    notes = [*read_cosigned(file), str(note)]
    beside = file.with_suffix(".partial")
    beside.write_bytes(b"".join(checkpoint_block(Note.parse(each)) for each in notes))
    beside.replace(file)


def merged(notes: Iterable[str]) -> list[Note]:
    """Return notes in the order of their sizes; those of one checkpoint as one."""
    lines: dict[tuple[int, str], dict[NoteSignature, None]] = {}
    for each in notes:
        note = Note.parse(each)
        size = Checkpoint.parse(note.text).size
        lines.setdefault((size, note.text), {}).update(dict.fromkeys(note.signatures))
    return [Note(text, tuple(lines[size, text])[:MOST_SIGNATURES]) for size, text in sorted(lines)]
