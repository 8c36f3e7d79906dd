"""The one file of receipts: logs one after the other, their checkpoints in between.

A text of lines that end in a newline:

    lethe-receipts v1
    key NAME+HASH+BASE64           whose signatures the file says it has; trust it at your own risk
    log ORIGIN                     a log begins
    {...}                          an entry: the leaf is this line without its newline
    checkpoint                     a checkpoint of the entries of this log so far:
    | ORIGIN                       the lines of its signed note, each after a bar and a space,
    | ...                          an empty one as a bar alone

The files in which purge keeps its logs read the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from lethe.receipts.canonical import LONGEST_LINE
from lethe.receipts.errors import BadInput, Refuted
from lethe.receipts.notes import Note, VerifierKey

HEADER = b"lethe-receipts v1\n"
_KEY, _LOG, _CHECKPOINT, _BAR = b"key ", b"log ", b"checkpoint\n", b"|"
_LONGEST_NOTE = 65_536


@dataclass(frozen=True, slots=True)
class KeyNamed:
    """A verifier key that stands in the file."""

    text: str


@dataclass(frozen=True, slots=True)
class LogBegun:
    """What follows belongs to this log."""

    origin: str


@dataclass(frozen=True, slots=True)
class EntryLine:
    """A leaf."""

    leaf: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckpointNote:
    """A checkpoint's signed note, as text that may not be one."""

    note: str


Item = KeyNamed | LogBegun | EntryLine | CheckpointNote


def header(signers: Iterable[VerifierKey]) -> bytes:
    """Return the beginning of a file."""
    return HEADER + b"".join(_KEY + f"{signer}\n".encode() for signer in signers)


def log_line(origin: str) -> bytes:
    """Return the line with which a log begins."""
    return _LOG + f"{origin}\n".encode()


def entry_line(leaf: bytes) -> bytes:
    """Return the line of an entry."""
    return leaf + b"\n"


def checkpoint_block(note: Note) -> bytes:
    """Return the lines of a checkpoint."""
    return item_lines(CheckpointNote(str(note)))


def item_lines(item: Item) -> bytes:
    """Return the lines that an item was read from."""
    if isinstance(item, EntryLine):
        return entry_line(item.leaf)
    if isinstance(item, LogBegun):
        return log_line(item.origin)
    if isinstance(item, KeyNamed):
        return _KEY + f"{item.text}\n".encode()
    lines = item.note.removesuffix("\n").split("\n")
    return _CHECKPOINT + "".join(f"| {x}\n" if x else "|\n" for x in lines).encode()


def read_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Read lines with their newlines, none of them longer than a line may be.

    The last one lacks its newline where the file was cut off; one that is too long does too.
    """
    while line := stream.readline(LONGEST_LINE + 2):
        yield line


def lines_in(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Give the lines of pieces that follow each other, as `read_lines` does of a stream.

    No more is held than a piece and a line.
    """
    left = b""
    for piece in pieces:
        *whole, left = (left + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(left) > LONGEST_LINE:
            break
    if left:
        yield left


def read_items(lines: Iterable[bytes]) -> Iterator[Item]:
    """Read a file as a stream.

    Raises
    ------
    BadInput
        If it doesn't begin as a file of receipts.
    Refuted
        If a line is cut off or belongs nowhere.
    """
    feed = iter(lines)
    if next(feed, b"") != HEADER:
        raise BadInput("this is no file of receipts; its first line would be 'lethe-receipts v1'")
    note: list[str] | None = None
    length = 0
    for line in feed:
        if not line.endswith(b"\n"):
            raise Refuted("the line is cut off" if len(line) <= LONGEST_LINE else "it is too long")
        if line.startswith(_BAR) and note is not None:
            note.append(_note_line(line))
            length += len(line)
            if length > _LONGEST_NOTE:
                raise Refuted("the checkpoint is too long")
            continue
        if note is not None:
            yield CheckpointNote("".join(note))
        note, length = ([] if line == _CHECKPOINT else None), 0
        if note is None:
            yield _item(line)
    if note is not None:
        yield CheckpointNote("".join(note))


def _note_line(line: bytes) -> str:
    if line == b"|\n":
        return "\n"
    text = _text(line)
    if not text.startswith("| ") or text == "| \n":
        raise Refuted("a line of a checkpoint isn't one")
    return text[2:]


def _item(line: bytes) -> Item:
    if line.startswith(b"{"):
        return EntryLine(line[:-1])
    if line.startswith(_LOG):
        return LogBegun(_text(line)[len(_LOG) : -1])
    if line.startswith(_KEY):
        return KeyNamed(_text(line)[len(_KEY) : -1])
    raise Refuted("the line belongs nowhere")


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise Refuted("the line is no text") from None
