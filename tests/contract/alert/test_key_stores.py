"""What every key store must do: the one in memory, on which unit tests stand, and real ones.

The demands themselves are alert's: `lethe keystore check` makes them of anybody's store.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.keyrings import MemoryKeyStore
from tests.support.softhsm import soft_module

from lethe.alert.errors import Conflict
from lethe.alert.keystores.demands import DEMANDS, Opening, Unmet, demanded, examine
from lethe.alert.keystores.files import FileKeyStore
from lethe.alert.keystores.pkcs11 import ModuleKeyStore
from lethe.alert.keystores.port import StoredKey
from lethe.contracts.errors import Erased
from lethe.contracts.receipts import ErasurePromise


def _in_memory(_folder: Path) -> Opening:
    store = MemoryKeyStore()
    return lambda: store


def _in_a_module(_folder: Path) -> Opening:
    module = soft_module()
    return lambda: ModuleKeyStore(module.address, module.pin)


STORES: dict[str, Callable[[Path], Opening]] = {
    "memory": _in_memory,
    "files": lambda folder: lambda: FileKeyStore(folder / "keys"),
    "security module": _in_a_module,
}


@pytest.mark.parametrize("said", DEMANDS)
@pytest.mark.parametrize("kind", STORES)
def test_a_store_does_what_is_demanded_and_keeps_nothing_of_it(
    kind: str, said: str, tmp_path: Path
) -> None:
    open_store = STORES[kind](tmp_path)
    demanded(open_store, DEMANDS[said])
    assert open_store().names() == []


class Faulty(MemoryKeyStore):
    """A store with a fault of each kind."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.fault = fault
        self.undone: dict[str, StoredKey] = {}

    def create(self, name: str, due_us: int | None = None) -> None:
        if self.fault == "replaces":
            self.keys.pop(name, None)
        if self.fault == "takes any name":
            self.keys[name] = StoredKey(b"k" * 32, due_us)
            return
        super().create(name, None if self.fault == "forgets due times" else due_us)
        if self.fault == "one key for all":
            self.keys[name] = StoredKey(b"k" * 32, due_us)
        if self.fault == "comes back" and name in self.undone:
            self.keys[name] = self.undone[name]

    def read(self, name: str) -> StoredKey:
        if self.fault == "hands out its own":
            return self.keys[name]
        if self.fault == "draws anew":
            self.keys[name] = StoredKey(bytes(MemoryKeyStore.read(self, name).secret[::-1]), None)
        return super().read(name)

    def shorten(self, name: str, due_us: int) -> None:
        if self.fault == "puts off":
            self.keys[name] = StoredKey(self.read(name).secret, due_us)
        else:
            super().shorten(name, due_us)

    def erase(self, name: str) -> None:
        self.undone |= {name: self.keys[name]} if name in self.keys else {}
        if self.fault == "only schedules":
            return
        super().erase(name)

    def names(self) -> list[str]:
        return [] if self.fault == "lists nothing" else super().names()


@pytest.mark.parametrize(
    ("fault", "unmet"),
    [
        ("one key for all", "a key is 32 random bytes"),
        ("draws anew", "it is read as it was made, by everybody who opens the store"),
        ("hands out its own", "whoever read it may overwrite what they read"),
        ("forgets due times", "its due time is kept with it"),
        ("puts off", "a due time comes forward and is never put off"),
        (
            "only schedules",
            "an erased key is gone for everybody, and erasing it again does nothing",
        ),
        ("lists nothing", "all keys are listed"),
        ("replaces", "a key is never replaced by another of its name"),
        ("comes back", "a key is never replaced by another of its name"),
        ("takes any name", "of several who make a key of one name at once, one does"),
        ("takes any name", "a name that could lead elsewhere is refused"),
    ],
)
def test_a_store_that_does_otherwise_is_found_out(fault: str, unmet: str) -> None:
    store = Faulty(fault)
    found = {said for said, otherwise in examine(lambda: store) if otherwise is not None}
    assert unmet in found


def test_a_store_that_boasts_or_tells_its_keys_is_found_out() -> None:
    class Talking(MemoryKeyStore):
        promise: Any = "for ever"

        def __repr__(self) -> str:
            return "".join(kept.secret.hex() for kept in self.keys.values())

    store = Talking()
    found = {said for said, otherwise in examine(lambda: store) if otherwise is not None}
    assert found == {"it says what its erasure is worth", "no message tells a key"}


def test_a_fault_of_a_store_itself_is_told_by_its_class_only() -> None:
    class Broken(MemoryKeyStore):
        def due_us(self, name: str) -> int | None:
            raise RuntimeError(name)

    told = dict(examine(Broken))
    assert told["its due time is kept with it"] == "it raised RuntimeError"


def test_every_demand_can_fail() -> None:
    class Nothing(MemoryKeyStore):
        def create(self, name: str, due_us: int | None = None) -> None: ...

    for said, demand in DEMANDS.items():
        if said == "it says what its erasure is worth":
            continue
        with pytest.raises((Unmet, Erased, Conflict)):
            demanded(Nothing, demand)


def test_the_promise_of_a_module_is_the_least_unless_somebody_says_better() -> None:
    module = soft_module()
    assert ModuleKeyStore(module.address, module.pin).promise is ErasurePromise.UNLINKED
    better = ModuleKeyStore(module.address, module.pin, ErasurePromise.MODULE)
    assert better.promise is ErasurePromise.MODULE
