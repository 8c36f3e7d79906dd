"""What a store of data keys has to do, whoever makes it."""

from dataclasses import dataclass, field
from typing import Protocol

from lethe.contracts.receipts import ErasurePromise

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key and when it is due, in microseconds on the retention clock; None for no end.

    The secret is a copy for whoever reads it: they overwrite it when they have used it.
    """

    secret: bytes = field(repr=False)
    due_us: int | None


class ErasableKeyStore(Protocol):
    """Keeps data keys, each with its due time beside it, under names until they are erased.

    Used by several threads at once, and by several processes. It blocks for as long as it takes.

    What every one has to do is what `lethe.alert.keystores.demands` asks of it, which
    `lethe keystore check` runs. Two things it mustn't do: hand out a wrapped key to be kept
    elsewhere, since a copy of that in a database or a backup would come back with it; and count a
    deletion that is only scheduled, or can be undone, as erasure.
    """

    @property
    def promise(self) -> ErasurePromise:
        """What an erasure here is worth. It stands in receipts, and alert tells it."""
        ...

    def create(self, name: str, due_us: int | None = None) -> None:
        """Make a new random key of 32 bytes, kept durably. A name is never used twice at once.

        Parameters
        ----------
        name
            Lower-case letters, digits and hyphens, 100 at most.

        Raises
        ------
        Conflict
            If there is a key of this name.
        KeyStoreUnavailable
            If the key couldn't be kept.
        ValueError
            If the name has anything else in it, as for every method that takes one.
        """
        ...

    def read(self, name: str) -> StoredKey:
        """Return the key.

        Raises
        ------
        Erased
            If it is gone or was never completely written.
        KeyStoreUnavailable
            If the store can't be read.
        """
        ...

    def due_us(self, name: str) -> int | None:
        """Return when the key is due, without reading it; raises as `read` does."""
        ...

    def shorten(self, name: str, due_us: int) -> None:
        """Bring the due time of a key forward, durably; never put it off. Raises as `read`."""
        ...

    def erase(self, name: str) -> None:
        """Erase the key, before this returns; erasing one that is gone does nothing.

        Raises
        ------
        KeyStoreUnavailable
            If that couldn't be done.
        """
        ...

    def names(self) -> list[str]:
        """Return the names of all keys that are kept, sorted. Raises `KeyStoreUnavailable`."""
        ...
