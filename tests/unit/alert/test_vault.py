from contextlib import nullcontext

import pytest
from tests.support.keyrings import MemoryKeyStore, a_keyring

from lethe.alert import vault as vault_module
from lethe.alert.keystores.port import StoredKey
from lethe.alert.vault import SealedBlob, Vault
from lethe.contracts.errors import Erased, Refused


@pytest.fixture
async def vault() -> Vault:
    vault = Vault(a_keyring(MemoryKeyStore()))
    await vault.create("first")
    await vault.create("second")
    return vault


async def test_what_is_sealed_opens_to_what_it_was(vault: Vault) -> None:
    blob = await vault.seal("first", b"a face", bound="probe:1")
    assert b"a face" not in blob.ciphertext
    assert await vault.open("first", blob, bound="probe:1") == b"a face"


async def test_after_the_erasure_of_its_key_nothing_opens(vault: Vault) -> None:
    blob = await vault.seal("first", b"a face", bound="probe:1")
    await vault.erase("first")
    with pytest.raises(Erased):
        await vault.open("first", blob, bound="probe:1")
    with pytest.raises(Erased):
        await vault.seal("first", b"a face", bound="probe:1")


async def test_what_was_moved_or_altered_or_sealed_elsewhere_is_refused(vault: Vault) -> None:
    blob = await vault.seal("first", b"a face", bound="probe:1")
    altered = SealedBlob(blob.nonce, blob.ciphertext[:-1] + bytes([blob.ciphertext[-1] ^ 1]))
    for name, item, bound in (
        ("first", blob, "probe:2"),
        ("second", blob, "probe:1"),
        ("first", altered, "probe:1"),
    ):
        with pytest.raises(Refused):
            await vault.open(name, item, bound=bound)


async def test_a_blob_tells_nothing_of_itself_in_messages(vault: Vault) -> None:
    assert repr(await vault.seal("first", b"a face", bound="probe:1")) == "SealedBlob()"


@pytest.mark.parametrize("use", ["seal", "open", "tags"])
@pytest.mark.parametrize("fails", [True, False])
async def test_a_key_is_overwritten_when_it_was_used_whatever_became_of_it(
    monkeypatch: pytest.MonkeyPatch, use: str, *, fails: bool
) -> None:
    store, read = MemoryKeyStore(), list[StoredKey]()
    keeper = Vault(a_keyring(store))
    await keeper.create("first")
    blob = await keeper.seal("first", b"a face", bound="probe:1")
    reading = store.read

    def noted(name: str) -> StoredKey:
        read.append(reading(name))
        return read[-1]

    def fail(*_: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(store, "read", noted)
    if fails:
        monkeypatch.setattr(vault_module, "AESGCM", fail)
        monkeypatch.setattr("hmac.digest", fail)
    with pytest.raises(MemoryError) if fails else nullcontext():
        if use == "seal":
            await keeper.seal("first", b"a face", bound="probe:1")
        elif use == "open":
            await keeper.open("first", blob, bound="probe:1")
        else:
            await keeper.tags("first", ["a name"])
    assert [any(each.secret) for each in read] == [False]


async def test_making_a_key_brings_no_copy_of_it(vault: Vault) -> None:
    assert vault._keys.create("third") is None  # type: ignore[func-returns-value] # that is the point
