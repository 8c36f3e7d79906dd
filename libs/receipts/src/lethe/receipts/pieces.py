"""Pieces of a log: as it is handed on while it grows, each up to a checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

from lethe.receipts.checkpoints import Checkpoint, signed_by_one
from lethe.receipts.errors import BadInput, ReceiptsError, Refuted
from lethe.receipts.exports import (
    HEADER,
    CheckpointNote,
    EntryLine,
    item_lines,
    read_items,
    read_lines,
)
from lethe.receipts.hashing import Frontier
from lethe.receipts.notes import Note, VerifierKey
from lethe.receipts.parsing import parse_entry


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file of a log reading goes on: behind a checkpoint of so many entries."""

    at_bytes: int = 0
    entries: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """Entries of a log, and the checkpoint that covers them.

    Attributes
    ----------
    first
        How many entries come before.
    checkpoint
        The signed note, as text.
    end
        Where the next piece begins.
    """

    first: int
    leaves: tuple[bytes, ...] = field(repr=False)
    checkpoint: str
    end: Place


def read_piece(stream: BinaryIO, place: Place, wanted_bytes: int) -> Piece | None:
    """Read on in the file of a log, which may be growing.

    Parameters
    ----------
    wanted_bytes
        The piece ends at the first checkpoint behind so many, or at the last one there is.

    Returns
    -------
    Piece or None
        None where nothing is there that a checkpoint covers.
    """
    stream.seek(place.at_bytes)
    head = [HEADER] if place.at_bytes else []
    at_bytes = place.at_bytes or len(HEADER)
    leaves: list[bytes] = []
    found: Piece | None = None
    try:
        for item in read_items(chain(head, read_lines(stream))):
            at_bytes += len(item_lines(item))
            if isinstance(item, EntryLine):
                leaves.append(item.leaf)
            elif isinstance(item, CheckpointNote) and leaves:
                size = Checkpoint.parse(Note.parse(item.note).text).size
                if size == place.entries + len(leaves):
                    end = Place(at_bytes, size)
                    found = Piece(place.entries, tuple(leaves), item.note, end)
                if at_bytes - place.at_bytes >= wanted_bytes:
                    break
    except ReceiptsError:
        # It is being written, or was torn: what comes from here on isn't whole.
        return found
    return found


def place_behind(stream: BinaryIO, entries: int) -> Place | None:
    """Find where a log goes on behind a checkpoint of so many entries; None if it has none."""
    place = Place()
    while place.entries < entries:
        piece = read_piece(stream, place, 0)
        if piece is None:
            return None
        place = piece.end
    return place if place.entries == entries else None


def extended(
    tree: Frontier, origin: str, leaves: Sequence[bytes], checkpoint: str, signer: VerifierKey
) -> tuple[Frontier, Checkpoint]:
    """Check that entries and a checkpoint go on where a log ends; return what it is then.

    Parameters
    ----------
    tree
        Of the entries so far; it isn't changed.
    signer
        The key of the log.

    Raises
    ------
    Refuted
        If the checkpoint isn't that of these entries, of this log, or not signed by its key.
    """
    grown = tree.copy()
    try:
        for leaf in leaves:
            parse_entry(leaf)
            grown.append(leaf)
        found, _signer = signed_by_one(Note.parse(checkpoint), (signer,))
    except BadInput as error:
        raise Refuted(str(error)) from None
    if found.origin != origin or not origin.startswith(f"{signer.name}/"):
        raise Refuted("the checkpoint is that of another log")
    if (found.size, found.root) != (grown.size, grown.root()):
        raise Refuted("the checkpoint isn't that of these entries")
    return grown, found
