"""What every key store must do: the one in memory, on which unit tests stand, and real ones.

A store for a key service or a security module is one more name in `STORES`.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.keyrings import MemoryKeyStore

from lethe.alert.errors import Conflict
from lethe.alert.keystore import ErasableKeyStore, FileKeyStore
from lethe.alert.promise import ErasurePromise
from lethe.contracts.errors import Erased

STORES: dict[str, Callable[[Path], ErasableKeyStore]] = {
    "memory": lambda _folder: MemoryKeyStore(),
    "files": lambda folder: FileKeyStore(folder / "keys"),
}


@pytest.fixture(params=STORES)
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> ErasableKeyStore:
    return STORES[request.param](tmp_path)


def test_a_key_is_32_random_bytes_and_is_read_as_it_was_made(keys: ErasableKeyStore) -> None:
    first, second = keys.create("first"), keys.create("second", 7)
    assert len(first) == len(second) == 32
    assert first != second
    assert keys.read("first").secret == first
    assert keys.read("second").secret == second


def test_its_due_time_is_kept_with_it(keys: ErasableKeyStore) -> None:
    keys.create("for-good")
    keys.create("due", 1_790_000_000_000_000)
    assert keys.due_us("for-good") is None
    assert keys.due_us("due") == keys.read("due").due_us == 1_790_000_000_000_000


def test_a_due_time_comes_forward_and_is_never_put_off(keys: ErasableKeyStore) -> None:
    kept = keys.create("for-good"), keys.create("due", 5_000)
    for name in ("for-good", "due"):
        keys.shorten(name, 3_000)
        keys.shorten(name, 4_000)
        assert keys.due_us(name) == 3_000
    assert (keys.read("for-good").secret, keys.read("due").secret) == kept


def test_an_erased_key_is_gone_and_erasing_it_again_does_nothing(keys: ErasableKeyStore) -> None:
    keys.create("first", 5_000)
    keys.create("second")
    keys.erase("first")
    keys.erase("first")
    assert keys.names() == ["second"]
    for ask in (keys.read, keys.due_us, lambda name: keys.shorten(name, 1)):
        with pytest.raises(Erased):
            ask("first")


def test_a_key_is_never_replaced_by_another_of_its_name(keys: ErasableKeyStore) -> None:
    key = keys.create("first")
    with pytest.raises(Conflict):
        keys.create("first", 5_000)
    assert keys.read("first").secret == key


def test_after_its_erasure_a_name_stands_for_a_new_key(keys: ErasableKeyStore) -> None:
    key = keys.create("first")
    keys.erase("first")
    assert keys.create("first") != key


def test_it_says_what_its_erasure_is_worth(keys: ErasableKeyStore) -> None:
    assert keys.promise in ErasurePromise


def test_a_key_that_was_read_tells_nothing_of_itself_in_messages(keys: ErasableKeyStore) -> None:
    keys.create("first", 5_000)
    assert repr(keys.read("first")) == "StoredKey(due_us=5000)"
