"""The folder with the logs of an instance, a file for each term; mends what a crash left."""

import errno
import os
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from lethe.contracts.errors import Refused
from lethe.purge.term_log import TermLog, sync_folder
from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.exports import checkpoint_block
from lethe.receipts.notes import NoteSigner
from lethe.receipts.origins import instance_part, log_origin, plain
from lethe.receipts.stored import SUFFIX, StoredLog, clean_end, read_stored

_LOCK = "lock"
_MODE, _FILE = 0o750, 0o640
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Mended:
    """What was done to the log of a term that didn't end in order.

    Attributes
    ----------
    cut_bytes
        Of a last line that was torn.
    signed
        How many entries no checkpoint had covered.
    """

    name: str
    cut_bytes: int
    signed: int


class LogFolder:
    """All of this blocks, and raises `OSError` when the disk doesn't do as it is told.

    One process at a time writes to a folder, from its first term until it is closed.
    """

    def __init__(self, folder: Path, signer: NoteSigner, instance: str) -> None:
        self._folder = folder
        self._signer = signer
        self._instance = instance
        self._lock = -1

    def begin(self, term: str) -> tuple[TermLog, Checkpoint | None, Mended | None]:
        """Begin the log of a term.

        Returns
        -------
        tuple
            The log; the last checkpoint of the one before, None if there is none; and what was
            mended of that.

        Raises
        ------
        Refused
            If the folder is that of another instance.
        """
        self._folder.mkdir(mode=_MODE, parents=True, exist_ok=True)
        self._take()
        before, mended = self._mend_last()
        newest = self._newest()
        following = 1 + (int(newest.name[:_DIGITS]) if newest else 0)
        origin = log_origin(self._signer.verifier.name, self._instance, term)
        name = f"{following:0{_DIGITS}}-{origin.rpartition('/')[2]}{SUFFIX}"
        return TermLog(self._folder / name, origin, self._signer), before, mended

    def close(self) -> None:
        """Let others write to the folder."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _take(self) -> None:
        if self._lock >= 0:
            return
        descriptor = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE)
        try:
            flock(descriptor, LOCK_EX | LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if error.errno == errno.EWOULDBLOCK:
                raise OSError(error.errno, "another process writes to their folder") from None
            raise
        self._lock = descriptor

    def _require_own(self, origin: str) -> None:
        """Refuse to go on behind the log of another instance, which may still be written."""
        found = instance_part(origin)
        if found not in ("", plain(self._instance)):
            raise Refused(
                f"{self._folder} holds receipts of another instance, {found}; "
                "give each instance a data folder of its own"
            )

    def _newest(self) -> Path | None:
        return max(log_files(self._folder), default=None)

    def _mend_last(self) -> tuple[Checkpoint | None, Mended | None]:
        while (newest := self._newest()) is not None:
            with newest.open("rb") as stream:
                if (last := clean_end(stream)) is not None:
                    self._require_own(last.origin)
                    # Its writer may have died before it knew that all of it was on the disk.
                    os.fsync(stream.fileno())
                    return last, None
                stream.seek(0)
                read = read_stored(stream)
                self._require_own(read.origin)
                os.fsync(stream.fileno())
            cut_bytes = newest.stat().st_size - read.whole_bytes
            if read.tree.size == 0:
                # Torn before its first entry: nothing was granted under it.
                newest.unlink()
                sync_folder(self._folder)
                continue
            mended = self._mend(newest, read, cut_bytes)
            return read.last, mended
        return None, None

    def _mend(self, file: Path, read: StoredLog, cut_bytes: int) -> Mended | None:
        unsigned = read.unsigned
        is_ours = read.origin.startswith(f"{self._signer.verifier.name}/")
        if not cut_bytes and not (unsigned and is_ours):
            return None
        with file.open("r+b") as stream:
            stream.truncate(read.whole_bytes)
            if unsigned and is_ours:
                read.last = Checkpoint(read.origin, read.tree.size, read.tree.root())
                stream.seek(0, os.SEEK_END)
                stream.write(checkpoint_block(read.last.sign(self._signer)))
            stream.flush()
            os.fsync(stream.fileno())
        return Mended(file.name, cut_bytes, unsigned if is_ours else 0)


def log_files(folder: Path) -> list[Path]:
    """Return the logs of a folder in the order of their terms."""
    named = [path for path in folder.glob(f"*{SUFFIX}") if path.name[:_DIGITS].isdigit()]
    return sorted(named)
