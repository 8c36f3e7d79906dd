"""Keys in files: the store of one machine, or of several that share a folder."""

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lethe.alert.errors import Conflict, KeyStoreUnavailable, KeyStoreUnusable
from lethe.alert.keystores.file_systems import promise_of
from lethe.alert.keystores.naming import DUE_BYTES, is_name, read, require_name, written
from lethe.alert.keystores.port import KEY_BYTES, StoredKey
from lethe.contracts.errors import Erased
from lethe.shredding.memory import wipe_bytes

_SIGNATURE = (
    b"Signature: 8a477f597d28d172789f06886806bc55\n"
    b"# Keys of Lethe. They must not be backed up: https://bford.info/cachedir/\n"
)


class FileKeyStore:
    """One file per key, readable by its owner only, in a folder of their own.

    What erasure means here: the file is overwritten, flushed, unlinked and its folder flushed.
    `promise` says what that is worth on the folder's file system. On tmpfs the key is gone, and
    all keys end with the machine, and so do the pictures. On a file system that writes in place
    it is gone from the disk as far as the disk does the same: flash may keep the old block. On
    one that journals content or copies on write nothing beyond the unlink is promised.

    Parameters
    ----------
    folder
        Made with mode 0700 when missing, and marked for backup programs to leave out.
    apart_from
        Folders in none of which it may lie: the database's, and those that are backed up.

    Raises
    ------
    KeyStoreUnusable
        If the folder can't be made or kept private, or lies in one of those.
    """

    def __init__(self, folder: Path, apart_from: Iterable[Path] = ()) -> None:
        _refuse_within(folder, apart_from)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            mark = folder / "CACHEDIR.TAG"
            if not mark.exists():
                mark.write_bytes(_SIGNATURE)
        except OSError as fault:
            raise KeyStoreUnusable(
                f"can't keep keys in {folder} ({fault.strerror}); name a folder that you own"
            ) from None
        self._folder = folder
        self.promise = promise_of(folder)

    def create(self, name: str, due_us: int | None = None) -> None:
        """Make a new random key of 32 bytes, kept durably."""
        path = self._path(name)
        try:
            file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            raise Conflict(f"there is a key named {name} already") from None
        except OSError as fault:
            raise KeyStoreUnavailable(f"can't keep a key ({fault.strerror})") from None
        try:
            _write_new_key(file, due_us)
            self._flush_folder()
        except OSError as fault:
            # Nobody has the key: what is left of it would only keep its name.
            with suppress(OSError):
                path.unlink()
                self._flush_folder()
            raise KeyStoreUnavailable(f"can't keep a key ({fault.strerror})") from None

    def read(self, name: str) -> StoredKey:
        """Return the key."""
        secret = bytearray(KEY_BYTES)
        with self._reading(name) as file:
            os.preadv(file, [secret], 0)
            due_us = _due_us(file)
        try:
            return StoredKey(bytes(secret), due_us)
        finally:
            secret[:] = bytes(KEY_BYTES)

    def due_us(self, name: str) -> int | None:
        """Return when the key is due."""
        with self._reading(name) as file:
            return _due_us(file)

    def shorten(self, name: str, due_us: int) -> None:
        """Bring the due time of a key forward."""
        known = self.due_us(name)
        if known is not None and known <= due_us:
            return
        # Eight bytes of one sector: a crash leaves the old time or the new one.
        self._overwrite(name, written(due_us), KEY_BYTES)

    def erase(self, name: str) -> None:
        """Overwrite, flush and unlink the key's file."""
        try:
            self._overwrite(name, bytes(KEY_BYTES + DUE_BYTES), 0)
            self._path(name).unlink()
        except (FileNotFoundError, Erased):
            return
        except OSError as fault:
            raise KeyStoreUnavailable(f"can't erase a key ({fault.strerror})") from None
        self._flush_folder()

    def names(self) -> list[str]:
        """Return the names of all keys that are kept, sorted."""
        try:
            return sorted(p.name for p in self._folder.iterdir() if is_name(p.name))
        except OSError as fault:
            raise KeyStoreUnavailable(f"can't list keys ({fault.strerror})") from None

    @contextmanager
    def _reading(self, name: str) -> Iterator[int]:
        path = self._path(name)
        try:
            file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                if os.fstat(file).st_size not in (KEY_BYTES, KEY_BYTES + DUE_BYTES):
                    raise Erased(f"the key {name} was never completely written")
                yield file
            finally:
                os.close(file)
        except FileNotFoundError:
            raise Erased(f"the key {name} is erased") from None
        except OSError as fault:
            raise KeyStoreUnavailable(f"can't read a key ({fault.strerror})") from None

    def _overwrite(self, name: str, content: bytes, start: int) -> None:
        path = self._path(name)
        try:
            file = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
            try:
                os.pwrite(file, content, start)
                os.fsync(file)
            finally:
                os.close(file)
        except FileNotFoundError:
            raise Erased(f"the key {name} is erased") from None
        except OSError as fault:
            raise KeyStoreUnavailable(f"can't erase a key ({fault.strerror})") from None

    def _path(self, name: str) -> Path:
        return self._folder / require_name(name)

    def _flush_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _write_new_key(file: int, due_us: int | None) -> None:
    """Draw a key, write it and close the file; nothing of it stays in this process."""
    key = secrets.token_bytes(KEY_BYTES)
    content = key + written(due_us)
    try:
        if os.write(file, content) != len(content):
            raise OSError(errno.ENOSPC, "it was written in part")
        os.fsync(file)
    finally:
        os.close(file)
        wipe_bytes(key)
        wipe_bytes(content)


def _due_us(file: int) -> int | None:
    """Return the due time behind a key; files of before there were any end with the key."""
    due = os.pread(file, DUE_BYTES, KEY_BYTES)
    return read(due) if due else None


def _refuse_within(folder: Path, others: Iterable[Path]) -> None:
    for other in others:
        if folder.resolve().is_relative_to(other.resolve()):
            raise KeyStoreUnusable(
                f"keys must not lie in {other}, which holds the database or is backed up; "
                "name a folder outside it in LETHE_KEY_DIR"
            )
