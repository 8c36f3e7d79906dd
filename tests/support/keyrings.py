"""Keyrings over stores in memory and in files, on clocks that tests move."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lethe.alert.clock_file import ClockFile
from lethe.alert.errors import Conflict, KeyStoreUnavailable
from lethe.alert.keyring import Keyring
from lethe.alert.keystores.files import FileKeyStore
from lethe.alert.keystores.naming import require_name
from lethe.alert.keystores.port import ErasableKeyStore, StoredKey
from lethe.alert.retention_clock import Mark, RetentionClock
from lethe.contracts.errors import Erased
from lethe.contracts.receipts import ErasurePromise
from lethe.shredding.clock import Clock, SystemClock


class MemoryKeyStore:
    """A key store in memory; `broken` names keys that it can't erase."""

    promise = ErasurePromise.MEMORY

    def __init__(self) -> None:
        self.keys: dict[str, StoredKey] = {}
        self.broken: set[str] = set()
        self._free = threading.Event()
        self._free.set()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let whoever asks for names wait until the block ends."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def create(self, name: str, due_us: int | None = None) -> None:
        require_name(name)
        made = StoredKey(secrets.token_bytes(32), due_us)
        if self.keys.setdefault(name, made) is not made:
            raise Conflict(f"there is a key named {name} already")

    def read(self, name: str) -> StoredKey:
        require_name(name)
        if name not in self.keys:
            raise Erased(f"the key {name} is erased")
        kept = self.keys[name]
        # A copy: whoever reads a key overwrites it.
        return StoredKey(bytes(bytearray(kept.secret)), kept.due_us)

    def due_us(self, name: str) -> int | None:
        return self.read(name).due_us

    def shorten(self, name: str, due_us: int) -> None:
        known = self.read(name)
        if known.due_us is None or due_us < known.due_us:
            self.keys[name] = StoredKey(known.secret, due_us)

    def erase(self, name: str) -> None:
        require_name(name)
        if name in self.broken:
            raise KeyStoreUnavailable("can't erase a key")
        self.keys.pop(name, None)

    def names(self) -> list[str]:
        self._free.wait()
        return sorted(self.keys)


@dataclass
class MemoryClockMemory:
    """A mark in memory; it outlives clocks, as a file does."""

    mark: Mark | None = None

    def load(self) -> Mark | None:
        return self.mark

    def save(self, mark: Mark) -> None:
        self.mark = mark


def a_keyring(
    store: ErasableKeyStore, clock: Clock | None = None, memory: MemoryClockMemory | None = None
) -> Keyring:
    """Return a keyring over a store, on this machine's clock unless told otherwise."""
    return Keyring(store, RetentionClock(clock or SystemClock(), memory or MemoryClockMemory()))


def keyring_in(folder: Path, clock: Clock | None = None) -> Keyring:
    """Return a keyring of files, as the service has one."""
    return Keyring(FileKeyStore(folder), RetentionClock(clock or SystemClock(), ClockFile(folder)))


def jam(folder: Path, name: str) -> None:
    """Put something in the place of a key that its store can neither read nor erase."""
    (folder / name).unlink()
    (folder / name).mkdir()
