import os
from pathlib import Path

import pytest

from lethe.alert.errors import KeyStoreUnusable
from lethe.alert.keystore import FileKeyStore
from lethe.contracts.errors import Erased


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o755)
    FileKeyStore(folder).create("alert-1")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "alert-1").stat().st_mode & 0o777 == 0o600


def test_a_key_is_overwritten_before_it_is_unlinked(tmp_path: Path) -> None:
    keys = FileKeyStore(tmp_path / "keys")
    keys.create("alert-1")
    # A second name of the same file shows what was in it when the first was unlinked.
    os.link(tmp_path / "keys" / "alert-1", tmp_path / "witness")
    keys.erase("alert-1")
    assert (tmp_path / "witness").read_bytes() == bytes(32)


@pytest.mark.parametrize("name", ["", "../alert", "a/b", "Alert", ".hidden", "a" * 101, "a\n"])
def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    keys = FileKeyStore(tmp_path / "keys")
    for call in (keys.create, keys.read, keys.erase):
        with pytest.raises(ValueError, match="name"):
            call(name)


def test_a_key_that_was_never_completely_written_counts_as_erased(tmp_path: Path) -> None:
    keys = FileKeyStore(tmp_path / "keys")
    (tmp_path / "keys" / "alert-1").write_bytes(bytes(7))
    with pytest.raises(Erased):
        keys.read("alert-1")


def test_a_link_in_place_of_a_key_is_not_followed_when_it_is_erased(tmp_path: Path) -> None:
    keys = FileKeyStore(tmp_path / "keys")
    victim = tmp_path / "victim"
    victim.write_bytes(b"v" * 32)
    (tmp_path / "keys" / "alert-1").symlink_to(victim)
    with pytest.raises(Exception, match="can't erase a key"):
        keys.erase("alert-1")
    assert victim.read_bytes() == b"v" * 32


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyStoreUnusable, match="name a folder that you own"):
        FileKeyStore(tmp_path / "file" / "keys")
