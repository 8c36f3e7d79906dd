"""Keys in a security module: nothing but the module opens what they sealed, and it says so."""

import subprocess
import sys
from pathlib import Path

import pkcs11
import pytest
from pkcs11.exceptions import DeviceRemoved
from tests.support.keyrings import a_keyring
from tests.support.softhsm import SoftModule, soft_module

from lethe.alert.errors import KeyStoreUnavailable, KeyStoreUnusable
from lethe.alert.keystores.pkcs11 import ModuleKeyStore
from lethe.alert.vault import Vault
from lethe.contracts.errors import Erased

_READS = """
import sys
from lethe.alert.keystores.pkcs11 import ModuleKeyStore
print(ModuleKeyStore(*sys.argv[1:3]).read(sys.argv[3]).secret.hex())
"""


@pytest.fixture
def module() -> SoftModule:
    return soft_module()


@pytest.fixture
def store(module: SoftModule) -> ModuleKeyStore:
    return ModuleKeyStore(module.address, module.pin)


async def test_what_was_sealed_opens_until_its_key_is_destroyed(store: ModuleKeyStore) -> None:
    vault = Vault(a_keyring(store))
    await vault.create("alert-1")
    blob = await vault.seal("alert-1", b"a face", bound="probe:1")
    assert await vault.open("alert-1", blob, bound="probe:1") == b"a face"
    await vault.erase("alert-1")
    with pytest.raises(Erased):
        await vault.open("alert-1", blob, bound="probe:1")


def test_another_process_reads_the_same_key(store: ModuleKeyStore, module: SoftModule) -> None:
    store.create("alert-2")
    told = subprocess.run(
        [sys.executable, "-c", _READS, module.address, module.pin, "alert-2"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout.strip() == store.read("alert-2").secret.hex()
    store.erase("alert-2")


def test_no_file_of_the_module_holds_what_is_read(
    store: ModuleKeyStore, module: SoftModule
) -> None:
    """What is read is made anew each time: who has the module's files has to ask the module."""
    before = len(list(module.folder.rglob("*.object")))
    store.create("alert-3")
    secret = store.read("alert-3").secret
    files = [file.read_bytes() for file in module.folder.rglob("*.object")]
    store.erase("alert-3")
    assert len(files) == before + 1
    assert not any(secret in content for content in files)


def test_keys_of_others_in_the_module_are_left_alone(store: ModuleKeyStore) -> None:
    made = store._session.generate_key(pkcs11.KeyType.AES, 256, label="somebody else's", store=True)
    assert store.names() == []
    made.destroy()


class Removed:
    """A session with a module that isn't there any more."""

    def get_objects(self, _wanted: object) -> list[object]:
        raise DeviceRemoved

    def close(self) -> None:
        raise DeviceRemoved


def test_a_session_that_broke_off_is_opened_again(store: ModuleKeyStore) -> None:
    store.create("alert-4")
    session, store._session = store._session, Removed()
    with pytest.raises(KeyStoreUnavailable, match="doesn't do it \\(DeviceRemoved\\)"):
        store.read("alert-4")
    assert any(store.read("alert-4").secret)
    store.erase("alert-4")
    session.close()


@pytest.mark.parametrize(
    "address",
    [
        "pkcs11:",
        "pkcs11:token=lethe",
        "pkcs11:?module-path=/none.so",
        "pkcs11:token=lethe?module-path=/none.so",
    ],
)
def test_an_address_that_leads_nowhere_is_told_in_one_line(address: str) -> None:
    with pytest.raises(KeyStoreUnusable, match="LETHE_KEY_STORE") as told:
        ModuleKeyStore(address, "1234")
    assert "\n" not in str(told.value)


def test_a_wrong_pin_is_told_and_not_repeated(module: SoftModule, tmp_path: Path) -> None:
    code = "import sys\nfrom lethe.alert.keystores.pkcs11 import ModuleKeyStore\n"
    code += "ModuleKeyStore(sys.argv[1], 'wrong-pin')"
    ended = subprocess.run(
        [sys.executable, "-c", code, module.address],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert "the security module can't be used (PinIncorrect)" in ended.stderr
    assert "wrong-pin" not in ended.stderr.splitlines()[-1]
