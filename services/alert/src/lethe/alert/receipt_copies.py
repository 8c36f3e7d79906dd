"""Copies of purge's receipts in a folder: a file for each log, up to a checkpoint of it.

purge keeps the logs themselves. What is lost here, or was torn by a crash, comes again.
"""

import os
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from lethe.contracts.errors import Refused
from lethe.contracts.receipts import ErasureReceipted
from lethe.receipts.checkpoints import require_log
from lethe.receipts.collecting import Collection, LogFile, in_order
from lethe.receipts.cosigned import cosigned_file, read_cosigned
from lethe.receipts.errors import ReceiptsError
from lethe.receipts.exports import checkpoint_block, entry_line, header, log_line
from lethe.receipts.hashing import Frontier
from lethe.receipts.notes import Note, VerifierKey
from lethe.receipts.origins import instance_part
from lethe.receipts.pieces import extended
from lethe.receipts.stored import SUFFIX, StoredLog, clean_end, read_stored, time_of

_MODE = 0o750
_DIGITS, _NAME_DIGITS = 6, 16
_MOST_HELD = 16


@dataclass(frozen=True, slots=True)
class Copy:
    """The copy of one log, and the key that signs it."""

    file: LogFile
    signer: VerifierKey


@dataclass(frozen=True, slots=True)
class Growing:
    """The newest log of an instance: its copy, its tree, and its last checkpoint's signed note."""

    copy: Copy
    tree: Frontier
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What there is at a moment; files only grow, so it stays true.

    Attributes
    ----------
    files
        All logs, in the order in which they are handed on.
    signers
        The keys that signed them, each once.
    growing
        The newest log of each instance of purge.
    """

    files: tuple[LogFile, ...] = ()
    signers: tuple[VerifierKey, ...] = ()
    growing: tuple[Growing, ...] = ()

    def collection(self) -> Collection:
        """Return all of it as one file, with the cosignatures that lie beside the logs; blocks."""
        return Collection(
            self.files, self.signers, lambda log: read_cosigned(cosigned_file(log.path))
        )

    def held(self) -> dict[str, int]:
        """Return how many entries there are of the newest logs, by their origins."""
        return {each.copy.file.origin: each.tree.size for each in self.growing[-_MOST_HELD:]}


class ReceiptCopies:
    """All of this blocks, and raises `OSError` when the disk doesn't do as it is told.

    One process at a time uses a folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._copies: dict[str, Copy] = {}
        self._growing: dict[str, Growing] = {}
        self._number = 0

    def open(self) -> Kept:
        """Find what is there: of each log its head and end, all of the newest of each instance.

        What follows a torn copy, or one that is missing, is removed: it comes again behind that.
        """
        self._folder.mkdir(mode=_MODE, parents=True, exist_ok=True)
        is_torn = False
        for path in sorted(self._folder.glob(f"[0-9]*{SUFFIX}")):
            number = int(path.name[:_DIGITS])
            copy = _found(path) if self._number in (0, number - 1) and not is_torn else None
            is_torn = copy is None or copy.file.covered_bytes < path.stat().st_size
            if copy is None:
                path.unlink()
            else:
                self._number = number
                self._copies[copy.file.origin] = copy
        newest = {instance_part(copy.file.origin): copy for copy in self._copies.values()}
        self._growing = {instance: _read(copy) for instance, copy in newest.items()}
        self._copies |= {g.copy.file.origin: g.copy for g in self._growing.values()}
        return self.kept()

    def kept(self) -> Kept:
        """Return what there is now."""
        copies = self._copies.values()
        files = in_order((c.file for c in copies), lambda file: instance_part(file.origin))
        signers = dict.fromkeys(copy.signer for copy in copies)
        return Kept(tuple(files), tuple(signers), tuple(self._growing.values()))

    def take(self, piece: ErasureReceipted) -> bool:
        """Keep a piece that goes on where a copy ends, or begins one; tell whether it did.

        Raises
        ------
        Refused
            If its checkpoint isn't that of these entries, or not signed by the log's key.
        """
        instance = instance_part(piece.origin)
        newest = self._growing.get(instance)
        if newest is None or newest.copy.file.origin != piece.origin:
            if piece.first or piece.origin in self._copies:
                return False
            newest = self._begun(piece)
        if piece.first != newest.tree.size:
            return False
        grown = _extended(newest, piece)
        # The one that was heard of last stands last.
        self._growing.pop(instance, None)
        self._growing[instance] = grown
        self._copies[piece.origin] = grown.copy
        self._number = max(self._number, int(grown.copy.file.path.name[:_DIGITS]))
        return True

    def _begun(self, piece: ErasureReceipted) -> Growing:
        """Return a copy without an entry; its file isn't made before it has one."""
        name = sha256(piece.origin.encode()).hexdigest()[:_NAME_DIGITS]
        path = self._folder / f"{self._number + 1:0{_DIGITS}}-{name}{SUFFIX}"
        try:
            signer = require_log(VerifierKey.parse(piece.signer))
        except ReceiptsError as error:
            raise Refused(f"receipts without a key: {error}") from None
        file = LogFile(path, piece.origin, time_of(piece.leaves[0]), len(header([signer])), 0)
        return Growing(Copy(file, signer), Frontier(), "")


def _extended(growing: Growing, piece: ErasureReceipted) -> Growing:
    """Check a piece, write it, and return what there is then."""
    file, signer = growing.copy.file, growing.copy.signer
    if piece.signer != str(signer):
        raise Refused("a log of receipts goes on under another key")
    try:
        tree, _checkpoint = extended(
            growing.tree, piece.origin, piece.leaves, piece.checkpoint, signer
        )
    except ReceiptsError as error:
        raise Refused(f"receipts that don't hold: {error}") from None
    block = b"".join(map(entry_line, piece.leaves))
    block += checkpoint_block(Note.parse(piece.checkpoint))
    with file.path.open("ab") as stream:
        # What an earlier write left that wasn't whole.
        stream.truncate(file.covered_bytes)
        if not file.covered_bytes:
            stream.write(header([signer]) + log_line(piece.origin))
        stream.write(block)
        stream.flush()
        covered_bytes = stream.tell()
    file = replace(file, covered_bytes=covered_bytes)
    return Growing(Copy(file, signer), tree, piece.checkpoint)


def _found(path: Path) -> Copy | None:
    """Look at a file without reading more than is needed; None if nothing in it is of use."""
    with path.open("rb") as stream:
        is_whole = clean_end(stream) is not None
        stream.seek(0)
        stored = read_stored(stream, most_entries=1 if is_whole else None)
    covered_bytes = path.stat().st_size if is_whole else stored.covered_bytes
    try:
        signer = VerifierKey.parse(stored.signer)
    except ReceiptsError:
        return None
    return Copy(_file(path, stored, covered_bytes), signer) if covered_bytes else None


def _read(copy: Copy) -> Growing:
    """Read a log whole; what doesn't hold of it is cut off."""
    covered_bytes = copy.file.covered_bytes
    while True:
        os.truncate(copy.file.path, covered_bytes)
        with copy.file.path.open("rb") as stream:
            stored = read_stored(stream)
        last = stored.last
        is_whole = last is not None and (last.size, last.root) == (
            stored.tree.size,
            stored.tree.root(),
        )
        if is_whole or not covered_bytes:
            file = replace(copy.file, covered_bytes=covered_bytes)
            return Growing(replace(copy, file=file), stored.tree, stored.checkpoint)
        signed_bytes = stored.covered_bytes if stored.unsigned else 0
        # Where cutting off what isn't signed leaves as much as there was, nothing of it holds.
        covered_bytes = signed_bytes if signed_bytes < covered_bytes else 0


def _file(path: Path, stored: StoredLog, covered_bytes: int) -> LogFile:
    return LogFile(path, stored.origin, stored.begun_ms, stored.head_bytes, covered_bytes)
