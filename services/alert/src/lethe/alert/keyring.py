"""The keyring: data keys that end by themselves, whether or not a database or a broker is there."""

from lethe.alert.errors import KeyStoreUnavailable
from lethe.alert.keystores.port import ErasableKeyStore
from lethe.alert.retention_clock import RetentionClock
from lethe.contracts.errors import Erased
from lethe.contracts.receipts import ErasurePromise
from lethe.shredding.memory import wipe_bytes


class Keyring:
    """Gives out keys for as long as they may live.

    The due time of a key lies beside the key, so that nothing else has to be reached for it to
    end: a key that is due isn't given out any more, whoever asks, and `destroy_due` destroys it.

    Everything here blocks for as long as the store does.

    Parameters
    ----------
    store
        Shared by all instances.
    clock
        What due times are counted on.
    """

    def __init__(self, store: ErasableKeyStore, clock: RetentionClock) -> None:
        self._store = store
        self._clock = clock

    @property
    def promise(self) -> ErasurePromise:
        """What it is worth when a key is destroyed."""
        return self._store.promise

    def create(self, name: str, life_us: int | None = None) -> None:
        """Make a key of 32 bytes that lives for so many microseconds; None for no end.

        Raises
        ------
        Conflict
            If there is a key of this name.
        KeyStoreUnavailable
            If the key couldn't be kept.
        """
        due_us = None if life_us is None else self._clock.now_us() + life_us
        self._store.create(name, due_us)

    def open(self, name: str) -> bytes:
        """Return a key; whoever asked overwrites it when they have used it.

        Raises
        ------
        Erased
            If it is destroyed or due, or was never completely written.
        KeyStoreUnavailable
            If the store can't be read.
        """
        stored = self._store.read(name)
        if stored.due_us is not None and stored.due_us <= self._clock.now_us():
            wipe_bytes(stored.secret)
            self._store.erase(name)
            raise Erased(f"the key {name} is erased: its time is over")
        return stored.secret

    def shorten(self, name: str, life_us: int) -> None:
        """Let a key live for at most so many microseconds from now, whatever it had before.

        Raises
        ------
        Erased
            If it is gone.
        KeyStoreUnavailable
            If the store can't be written.
        """
        self._store.shorten(name, self._clock.now_us() + life_us)

    def left_us(self, name: str) -> int | None:
        """Return how many microseconds a key has to live; None for one that has no end.

        Raises
        ------
        Erased
            If it is gone.
        KeyStoreUnavailable
            If the store can't be read.
        """
        due_us = self._store.due_us(name)
        return None if due_us is None else max(0, due_us - self._clock.now_us())

    def destroy(self, name: str) -> None:
        """Destroy a key; one that is gone is left so. Raises `KeyStoreUnavailable`."""
        self._store.erase(name)

    def destroy_due(self) -> int:
        """Destroy every key that is due; return how many there were.

        Raises
        ------
        KeyStoreUnavailable
            If the store can't be read or written; the next call comes here again.
        """
        now_us, destroyed = self._clock.now_us(), 0
        failure: KeyStoreUnavailable | None = None
        for name in self._store.names():
            try:
                due_us = self._store.due_us(name)
                if due_us is not None and due_us <= now_us:
                    self._store.erase(name)
                    destroyed += 1
            except Erased:
                continue
            except KeyStoreUnavailable as error:
                # One that can't be destroyed keeps none of the others.
                failure = error
        if failure is not None:
            raise failure
        return destroyed

    def keep_time(self) -> None:
        """Write down the time, so that a restart puts no due time off.

        Raises
        ------
        KeyStoreUnavailable
            If that couldn't be done.
        """
        self._clock.keep()

    def names(self) -> list[str]:
        """Return the names of all keys that are kept. Raises `KeyStoreUnavailable`."""
        return self._store.names()
