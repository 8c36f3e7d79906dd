"""A setting names the store that keys lie in; whoever has none of that kind is told what to do."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from tests.support.keyrings import MemoryKeyStore

from lethe.alert.errors import KeyStoreUnusable
from lethe.alert.keystores import opening
from lethe.alert.keystores.files import FileKeyStore
from lethe.alert.keystores.opening import GROUP, open_key_store
from lethe.alert.keystores.port import ErasableKeyStore
from lethe.contracts.receipts import ErasurePromise


class Boastful(MemoryKeyStore):
    promise: Any = "gone for ever"


def opened(address: str, secret: str | None) -> ErasableKeyStore:
    """Open a store that somebody else brings."""
    assert (address, secret) == ("vault:https://vault.example/keys", "token")
    return MemoryKeyStore()


def boasting(_address: str, _secret: str | None) -> ErasableKeyStore:
    """Open a store that promises what nobody knows."""
    return Boastful()


def brings(monkeypatch: pytest.MonkeyPatch, opener: str) -> None:
    def found(*, group: str, name: str) -> list[EntryPoint]:
        assert group == GROUP
        return [EntryPoint(name, f"{__name__}:{opener}", group)] if name == "vault" else []

    monkeypatch.setattr(opening, "entry_points", found)


def test_without_an_address_keys_lie_in_files(tmp_path: Path) -> None:
    store = open_key_store(None, tmp_path / "keys")
    assert isinstance(store, FileKeyStore)
    with pytest.raises(KeyStoreUnusable, match="LETHE_KEY_DIR"):
        open_key_store(None, tmp_path / "keys", apart_from=[tmp_path])


def test_a_store_that_a_package_brings_is_found_by_the_scheme_of_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brings(monkeypatch, "opened")
    store = open_key_store("vault:https://vault.example/keys", tmp_path, secret="token")
    assert store.promise is ErasurePromise.MEMORY


def test_a_store_that_nobody_brings_is_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brings(monkeypatch, "opened")
    with pytest.raises(KeyStoreUnusable, match=r"no key store for cloud: here.*lethe\.key_stores"):
        open_key_store("cloud:somewhere", tmp_path)


def test_a_store_that_promises_what_nobody_knows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brings(monkeypatch, "boasting")
    with pytest.raises(KeyStoreUnusable, match="memory, overwritten, unlinked, module"):
        open_key_store("vault:x", tmp_path)


def test_nobody_promises_for_a_store_that_knows_by_itself(tmp_path: Path) -> None:
    with pytest.raises(KeyStoreUnusable, match="security module"):
        open_key_store(None, tmp_path / "keys", promise=ErasurePromise.MEMORY)


def test_without_the_package_for_modules_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lethe.alert.keystores.pkcs11", None)
    with pytest.raises(KeyStoreUnusable, match=r"lethe-alert\[pkcs11\]"):
        open_key_store("pkcs11:token=lethe?module-path=/none.so", tmp_path)
