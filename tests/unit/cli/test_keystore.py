"""`lethe keystore check` makes every demand of a store, and says which it doesn't meet."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.keyrings import MemoryKeyStore

from lethe.alert.errors import KeyStoreUnusable
from lethe.alert.keystores import opening
from lethe.alert.keystores.demands import DEMANDS
from lethe.cli.__main__ import lethe
from lethe.contracts.errors import InvalidInput


def checked(address: str) -> Result:
    return CliRunner().invoke(lethe, ["keystore", "check", address])


def test_a_folder_meets_every_demand_and_says_what_its_erasure_is_worth(tmp_path: Path) -> None:
    told = checked(str(tmp_path / "keys"))
    assert told.exit_code == 0
    *lines, promise = told.output.splitlines()
    assert lines == [f"yes: {said}" for said in DEMANDS]
    assert promise.startswith("what it promises of a key that it erased: ")
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["CACHEDIR.TAG"]


def test_a_demand_that_is_not_met_is_named_with_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Scheduling(MemoryKeyStore):
        def erase(self, name: str) -> None: ...

    store = Scheduling()
    asked: list[tuple[str | None, str | None]] = []

    def opened(address: str | None, _folder: Path, *, secret: str | None) -> MemoryKeyStore:
        asked.append((address, secret))
        return store

    monkeypatch.setenv("LETHE_KEY_STORE_SECRET", "token")
    monkeypatch.setattr(opening, "open_key_store", opened)
    told = checked("vault:keys")
    assert set(asked) == {("vault:keys", "token")}
    assert isinstance(told.exception, InvalidInput)
    assert "NO: an erased key is gone for everybody" in told.output
    assert "token" not in told.output
    assert "what it promises" not in told.output


def test_a_store_that_can_not_be_opened_is_told_in_one_line() -> None:
    told = checked("cloud:keys")
    assert isinstance(told.exception, KeyStoreUnusable)
    assert "no key store for cloud: here" in str(told.exception)
