"""The log of one term on disk: append-only, signed, durable when a call returns.

It reads as the file that auditors get, see `lethe.receipts.exports`. All of this blocks.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.exports import checkpoint_block, entry_line, header, log_line
from lethe.receipts.hashing import Frontier
from lethe.receipts.notes import NoteSigner

_MODE = 0o640


class TermLog:
    """A log that is being written. After an `OSError` nothing may be written to it any more.

    Parameters
    ----------
    file
        Must not exist.

    Raises
    ------
    OSError
        If it can't be made.
    """

    def __init__(self, file: Path, origin: str, signer: NoteSigner) -> None:
        self._origin = origin
        self._signer = signer
        self._tree = Frontier()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(file, flags, _MODE)
        try:
            _write_all(self._descriptor, header([signer.verifier]) + log_line(origin))
            sync_folder(file.parent)
        except OSError:
            self.close()
            raise

    def append(self, leaves: Sequence[bytes], *, sign: bool) -> int:
        """Append entries, and a checkpoint behind them if asked; return how many there are now.

        Raises
        ------
        OSError
            If they may not be on the disk.
        """
        block = bytearray()
        for leaf in leaves:
            self._tree.append(leaf)
            block += entry_line(leaf)
        if sign:
            checkpoint = Checkpoint(self._origin, self._tree.size, self._tree.root())
            block += checkpoint_block(checkpoint.sign(self._signer))
        _write_all(self._descriptor, bytes(block))
        os.fdatasync(self._descriptor)
        return self._tree.size

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, block: bytes) -> None:
    left = memoryview(block)
    while left:
        left = left[os.write(descriptor, left) :]
