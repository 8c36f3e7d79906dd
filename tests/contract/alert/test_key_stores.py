"""One suite for the key store in memory and the one in files."""

from pathlib import Path

import pytest
from tests.support.alert_desk import MemoryKeyStore

from lethe.alert.errors import Conflict
from lethe.alert.keystore import ErasableKeyStore, FileKeyStore
from lethe.contracts.errors import Erased


@pytest.fixture(params=["memory", "files"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> ErasableKeyStore:
    return MemoryKeyStore() if request.param == "memory" else FileKeyStore(tmp_path / "keys")


def test_a_key_is_32_random_bytes_and_is_read_as_it_was_made(keys: ErasableKeyStore) -> None:
    first, second = keys.create("first"), keys.create("second")
    assert len(first) == len(second) == 32
    assert first != second
    assert keys.read("first") == first


def test_an_erased_key_is_gone_and_erasing_it_again_does_nothing(keys: ErasableKeyStore) -> None:
    keys.create("first")
    keys.create("second")
    keys.erase("first")
    keys.erase("first")
    assert keys.names() == ["second"]
    with pytest.raises(Erased):
        keys.read("first")


def test_a_key_is_never_replaced_by_another_of_its_name(keys: ErasableKeyStore) -> None:
    key = keys.create("first")
    with pytest.raises(Conflict):
        keys.create("first")
    assert keys.read("first") == key


def test_after_its_erasure_a_name_stands_for_a_new_key(keys: ErasableKeyStore) -> None:
    key = keys.create("first")
    keys.erase("first")
    assert keys.create("first") != key
