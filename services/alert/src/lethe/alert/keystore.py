"""Keys that can be erased, kept apart from the database whose content they protect."""

import os
import re
import secrets
from pathlib import Path
from typing import Protocol

from lethe.alert.errors import Conflict, KeyStoreUnavailable, KeyStoreUnusable
from lethe.contracts.errors import Erased

KEY_BYTES = 32

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


class ErasableKeyStore(Protocol):
    """Keeps data keys under names until they are erased."""

    def create(self, name: str) -> bytes:
        """Return a new random key of 32 bytes, kept durably. A name is never used twice at once.

        Raises
        ------
        Conflict
            If there is a key of this name.
        KeyStoreUnavailable
            If the key couldn't be kept.
        """
        ...

    def read(self, name: str) -> bytes:
        """Return the key.

        Raises
        ------
        Erased
            If it is gone or was never completely written.
        """
        ...

    def erase(self, name: str) -> None:
        """Erase the key; erasing one that is gone does nothing."""
        ...

    def names(self) -> list[str]:
        """Return the names of all keys that are kept."""
        ...


class FileKeyStore:
    """One file per key, readable by its owner only, in a folder of their own.

    What erasure means here: the file is overwritten, flushed, unlinked and its folder flushed.
    On a file system that writes in place (tmpfs, ext4 without data journaling on a magnetic
    disk) the key is then gone. On journaling, copy-on-write or flash storage the overwrite may
    land elsewhere: there, nothing beyond the unlink is promised, and old blocks may be recovered
    from the medium. Put the folder on tmpfs (keys then end with the machine, and so do the
    pictures) or keep keys in a service made for it. The folder must not be part of a backup.

    Parameters
    ----------
    folder
        Made with mode 0700 when missing. Outside the database's folder and its backups.

    Raises
    ------
    KeyStoreUnusable
        If the folder can't be made or kept private.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        except OSError as fault:
            raise KeyStoreUnusable(
                f"can't keep keys in {folder} ({fault.strerror}); name a folder that you own"
            ) from None
        self._folder = folder

    def create(self, name: str) -> bytes:
        """Return a new random key of 32 bytes, kept durably."""
        path = self._path(name)
        key = secrets.token_bytes(KEY_BYTES)
        try:
            file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
            try:
                os.write(file, key)
                os.fsync(file)
            finally:
                os.close(file)
            self._flush_folder()
        except FileExistsError:
            raise Conflict(f"there is a key named {name} already") from None
        except OSError as fault:
            raise KeyStoreUnavailable(f"can't keep a key ({fault.strerror})") from None
        return key

    def read(self, name: str) -> bytes:
        """Return the key."""
        try:
            key = self._path(name).read_bytes()
        except FileNotFoundError:
            raise Erased(f"the key {name} is erased") from None
        except OSError as fault:
            raise KeyStoreUnavailable(f"can't read a key ({fault.strerror})") from None
        if len(key) != KEY_BYTES:
            raise Erased(f"the key {name} was never completely written")
        return key

    def erase(self, name: str) -> None:
        """Overwrite, flush and unlink the key's file."""
        path = self._path(name)
        try:
            file = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
            try:
                os.pwrite(file, bytes(KEY_BYTES), 0)
                os.fsync(file)
            finally:
                os.close(file)
            path.unlink()
        except FileNotFoundError:
            return
        except OSError as fault:
            raise KeyStoreUnavailable(f"can't erase a key ({fault.strerror})") from None
        self._flush_folder()

    def names(self) -> list[str]:
        """Return the names of all keys that are kept, sorted."""
        return sorted(p.name for p in self._folder.iterdir() if _NAME.fullmatch(p.name))

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("a key's name consists of lower-case letters, digits and hyphens")
        return self._folder / name

    def _flush_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
