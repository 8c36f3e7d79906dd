"""What every key store must do: the tests ask it of ours, and anybody can ask it of theirs.

Each demand works under names of its own, and leaves nothing behind: a store that is in use can be
asked as well.
"""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType

from lethe.alert.errors import Conflict, KeyStoreUnavailable
from lethe.alert.keystores.port import KEY_BYTES, ErasableKeyStore
from lethe.contracts.errors import Erased
from lethe.contracts.receipts import ErasurePromise
from lethe.shredding.memory import wipe_bytes

Opening = Callable[[], ErasableKeyStore]
"""Opens the same store once more, as another process does."""

_SOON_US, _LATER_US = 3_000_000_000_000_000, 4_000_000_000_000_000
_BAD_NAMES = ("", "../alert", "a/b", "Alert", ".hidden", "a" * 101, "a\n")
_AT_ONCE = 4


class Unmet(Exception):
    """A store doesn't do what is demanded; says what it does instead."""


class _Names:
    """Names that nobody else has."""

    def __init__(self) -> None:
        self._stem = f"demand-{secrets.token_hex(8)}"
        self.given: list[str] = []

    def another(self) -> str:
        self.given.append(f"{self._stem}-{len(self.given)}")
        return self.given[-1]


Demand = Callable[[ErasableKeyStore, Opening, _Names], None]


def examine(open_store: Opening) -> Iterator[tuple[str, str | None]]:
    """Make every demand of a store; give each with what is wrong, or None.

    Whatever a store raises that the port doesn't know of is wrong as well.

    Raises
    ------
    KeyStoreUnusable
        If it can't be opened at all.
    """
    open_store()
    for said, demand in DEMANDS.items():
        try:
            demanded(open_store, demand)
        except Unmet as unmet:
            yield said, str(unmet)
        except Exception as fault:  # noqa: BLE001 - stores are anybody's
            yield said, f"it raised {type(fault).__name__}"
        else:
            yield said, None


def demanded(open_store: Opening, demand: Demand) -> None:
    """Make one demand; raises `Unmet`."""
    store, names = open_store(), _Names()
    with _nothing_left(store, names):
        demand(store, open_store, names)


@contextmanager
def _nothing_left(store: ErasableKeyStore, names: _Names) -> Iterator[None]:
    try:
        yield
    finally:
        for name in names.given:
            store.erase(name)


def _require(holds: object, otherwise: str) -> None:
    if not holds:
        raise Unmet(otherwise)


def _require_erased(ask: Callable[[], object], otherwise: str) -> None:
    try:
        ask()
    except Erased:
        return
    raise Unmet(otherwise)


def _random(store: ErasableKeyStore, _open: Opening, names: _Names) -> None:
    first, second = names.another(), names.another()
    store.create(first)
    store.create(second, _LATER_US)
    one, other = store.read(first).secret, store.read(second).secret
    _require(len(one) == len(other) == KEY_BYTES, "a key has another length")
    _require(one != other, "two names have one key")
    _require(any(one) and any(other), "a key is all zeros")


def _lasting(store: ErasableKeyStore, open_store: Opening, names: _Names) -> None:
    name = names.another()
    store.create(name, _LATER_US)
    read, again = store.read(name).secret, open_store().read(name).secret
    _require(read == again == store.read(name).secret, "a key isn't the same when it is read again")


def _lent(store: ErasableKeyStore, _open: Opening, names: _Names) -> None:
    name = names.another()
    store.create(name)
    read = store.read(name).secret
    kept = bytearray(read)
    wipe_bytes(read)
    _require(store.read(name).secret == kept, "whoever overwrites the key that they read spoils it")


def _due(store: ErasableKeyStore, open_store: Opening, names: _Names) -> None:
    endless, ending = names.another(), names.another()
    store.create(endless)
    store.create(ending, _LATER_US)
    for each in (store, open_store()):
        _require(each.due_us(endless) is None, "a key without an end has one")
        _require(each.due_us(ending) == _LATER_US, "a due time isn't kept with its key")
        _require(each.read(ending).due_us == _LATER_US, "a due time isn't read with its key")


def _shortened(store: ErasableKeyStore, open_store: Opening, names: _Names) -> None:
    endless, ending = names.another(), names.another()
    store.create(endless)
    store.create(ending, _LATER_US)
    for name in (endless, ending):
        kept = store.read(name).secret
        store.shorten(name, _SOON_US)
        store.shorten(name, _LATER_US)
        due_us = open_store().due_us(name)
        _require(due_us == _SOON_US, "a due time doesn't come forward, or is put off")
        _require(store.read(name).secret == kept, "bringing a due time forward changes the key")


def _erased(store: ErasableKeyStore, open_store: Opening, names: _Names) -> None:
    first, second = names.another(), names.another()
    store.create(first, _LATER_US)
    store.create(second)
    opened_before = open_store()
    opened_before.read(first)
    store.erase(first)
    store.erase(first)
    for each in (store, opened_before, open_store()):
        _require_erased(partial(each.read, first), "an erased key is read")
        _require_erased(partial(each.due_us, first), "an erased key has a due time")
        _require_erased(partial(each.shorten, first, _SOON_US), "an erased key is shortened")
        _require(first not in each.names(), "an erased key is listed")
    _require(store.read(second), "another key went with it")


def _listed(store: ErasableKeyStore, _open: Opening, names: _Names) -> None:
    wanted = sorted(names.another() for _ in range(3))
    for name in reversed(wanted):
        store.create(name)
    listed = store.names()
    ours = [name for name in listed if name in wanted]
    _require(ours == wanted, "names aren't listed as they are")
    _require(listed == sorted(listed), "names aren't sorted")


def _replaced(store: ErasableKeyStore, open_store: Opening, names: _Names) -> None:
    name = names.another()
    store.create(name)
    kept = store.read(name).secret
    for each in (store, open_store()):
        try:
            each.create(name, _SOON_US)
        except Conflict:
            continue
        raise Unmet("a name was given twice")
    _require(store.read(name).secret == kept, "a key was replaced")
    store.erase(name)
    store.create(name)
    _require(store.read(name).secret != kept, "an erased key came back under its name")


def _raced(store: ErasableKeyStore, _open: Opening, names: _Names) -> None:
    name = names.another()

    def create(_: int) -> bool:
        try:
            store.create(name)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        made = list(threads.map(create, range(_AT_ONCE)))
    _require(sum(made) == 1, "several made a key of one name at once, or nobody did")


def _named(store: ErasableKeyStore, _open: Opening, _names: _Names) -> None:
    for name in _BAD_NAMES:
        for ask in (store.create, store.read, store.erase):
            try:
                ask(name)
            except ValueError:
                continue
            except (Conflict, Erased, KeyStoreUnavailable):
                pass
            raise Unmet("a name that could lead elsewhere isn't refused")


def _promised(store: ErasableKeyStore, _open: Opening, _names: _Names) -> None:
    _require(store.promise in tuple(ErasurePromise), "it promises what nobody here knows")


def _silent(store: ErasableKeyStore, _open: Opening, names: _Names) -> None:
    name = names.another()
    store.create(name, _SOON_US)
    read = store.read(name)
    told = f"{read!r} {store!r}".encode()
    shown = read.secret in told or read.secret.hex().encode() in told
    _require(not shown, "a repr tells a key")


DEMANDS: "MappingProxyType[str, Demand]" = MappingProxyType(
    {
        "a key is 32 random bytes": _random,
        "it is read as it was made, by everybody who opens the store": _lasting,
        "whoever read it may overwrite what they read": _lent,
        "its due time is kept with it": _due,
        "a due time comes forward and is never put off": _shortened,
        "an erased key is gone for everybody, and erasing it again does nothing": _erased,
        "all keys are listed": _listed,
        "a key is never replaced by another of its name": _replaced,
        "of several who make a key of one name at once, one does": _raced,
        "a name that could lead elsewhere is refused": _named,
        "it says what its erasure is worth": _promised,
        "no message tells a key": _silent,
    }
)
