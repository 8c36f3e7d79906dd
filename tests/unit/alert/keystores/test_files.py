import errno
import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from lethe.alert.errors import KeyStoreUnavailable, KeyStoreUnusable
from lethe.alert.keystores.file_systems import promise_of
from lethe.alert.keystores.files import FileKeyStore
from lethe.contracts.errors import Erased
from lethe.contracts.receipts import ErasurePromise


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o755)
    FileKeyStore(folder).create("alert-1")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "alert-1").stat().st_mode & 0o777 == 0o600


def test_a_key_is_overwritten_before_it_is_unlinked(tmp_path: Path) -> None:
    keys = FileKeyStore(tmp_path / "keys")
    keys.create("alert-1", 5_000)
    # A second name of the same file shows what was in it when the first was unlinked.
    os.link(tmp_path / "keys" / "alert-1", tmp_path / "witness")
    keys.erase("alert-1")
    assert set((tmp_path / "witness").read_bytes()) == {0}


def test_a_key_that_was_overwritten_and_not_unlinked_is_due(tmp_path: Path) -> None:
    keys = FileKeyStore(tmp_path / "keys")
    keys.create("alert-1")
    os.link(tmp_path / "keys" / "alert-1", tmp_path / "witness")
    keys.erase("alert-1")
    # As after a crash between the two.
    os.link(tmp_path / "witness", tmp_path / "keys" / "alert-1")
    assert keys.due_us("alert-1") == 0


@pytest.mark.parametrize("length", [0, 7, 39, 41])
def test_a_key_that_was_never_completely_written_counts_as_erased(
    tmp_path: Path, length: int
) -> None:
    keys = FileKeyStore(tmp_path / "keys")
    (tmp_path / "keys" / "alert-1").write_bytes(bytes(length))
    with pytest.raises(Erased):
        keys.read("alert-1")
    with pytest.raises(Erased):
        keys.due_us("alert-1")


@pytest.mark.parametrize("fails", ["write", "fsync"])
def test_a_key_that_can_not_be_written_leaves_its_name_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    keys = FileKeyStore(tmp_path / "keys")
    with monkeypatch.context() as patch:
        patch.setattr(os, fails, fail)
        with pytest.raises(KeyStoreUnavailable, match="No space left"):
            keys.create("alert-1", 5_000)
    assert keys.names() == []
    keys.create("alert-1", 5_000)
    assert any(keys.read("alert-1").secret)


def test_a_key_that_is_written_in_part_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that is full behind it: the key without its due time would never end."""
    write = os.write
    keys = FileKeyStore(tmp_path / "keys")
    monkeypatch.setattr(os, "write", lambda file, content: write(file, content[:32]))
    with pytest.raises(KeyStoreUnavailable, match="can't keep a key"):
        keys.create("alert-1", 5_000)
    assert keys.names() == []


def test_a_key_from_before_due_times_were_kept_with_it_opens_and_has_none(tmp_path: Path) -> None:
    keys = FileKeyStore(tmp_path / "keys")
    (tmp_path / "keys" / "alert-1").write_bytes(b"k" * 32)
    assert keys.read("alert-1").secret == b"k" * 32
    assert keys.due_us("alert-1") is None
    keys.shorten("alert-1", 5_000)
    assert keys.due_us("alert-1") == 5_000


def test_a_link_in_place_of_a_key_is_not_followed(tmp_path: Path) -> None:
    keys = FileKeyStore(tmp_path / "keys")
    victim = tmp_path / "victim"
    victim.write_bytes(b"v" * 32)
    (tmp_path / "keys" / "alert-1").symlink_to(victim)
    with pytest.raises(Exception, match="can't erase a key"):
        keys.erase("alert-1")
    with pytest.raises(Exception, match="can't read a key"):
        keys.read("alert-1")
    assert victim.read_bytes() == b"v" * 32


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyStoreUnusable, match="name a folder that you own"):
        FileKeyStore(tmp_path / "file" / "keys")


@pytest.mark.parametrize("place", [".", "keys", "deep/keys", "link/keys", "other/../keys"])
def test_a_folder_within_the_databases_or_a_backed_up_one_is_refused(
    tmp_path: Path, place: str
) -> None:
    backed_up = tmp_path / "database"
    (backed_up / "other").mkdir(parents=True)
    (backed_up / "link").symlink_to(backed_up / "other")
    with pytest.raises(KeyStoreUnusable, match="name a folder outside it in LETHE_KEY_DIR"):
        FileKeyStore(backed_up / place, apart_from=[tmp_path / "elsewhere", backed_up])
    assert not (backed_up / "CACHEDIR.TAG").exists()
    FileKeyStore(tmp_path / "keys", apart_from=[backed_up])


def test_backup_programs_are_told_to_leave_the_folder_out(tmp_path: Path) -> None:
    keys = FileKeyStore(tmp_path / "keys")
    mark = (tmp_path / "keys" / "CACHEDIR.TAG").read_bytes()
    assert mark.startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")
    assert keys.names() == []


MOUNTS = """\
22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw,errors=remount-ro
30 22 0:25 / /run rw,nosuid shared:4 - tmpfs tmpfs rw
31 22 8:3 / /journalled rw shared:5 - ext4 /dev/sda3 rw,data=journal
32 22 0:40 / /with\\040space rw shared:6 - btrfs /dev/sda4 rw
33 22 0:41 / /covered rw shared:7 - btrfs /dev/sda5 rw
34 33 0:42 / /covered rw - xfs /dev/sda6 rw
35 22 0:50 / /far rw - nfs4 server:/keys rw
a line that isn't one
"""


@pytest.mark.parametrize(
    ("folder", "promise"),
    [
        ("/srv/keys", ErasurePromise.OVERWRITTEN),
        ("/run/keys", ErasurePromise.MEMORY),
        ("/running/keys", ErasurePromise.OVERWRITTEN),
        ("/journalled/keys", ErasurePromise.UNLINKED),
        ("/with space/keys", ErasurePromise.UNLINKED),
        ("/covered/keys", ErasurePromise.OVERWRITTEN),
        ("/far/keys", ErasurePromise.UNLINKED),
    ],
)
def test_the_promise_follows_the_file_system(folder: str, promise: ErasurePromise) -> None:
    assert promise_of(Path(folder), MOUNTS) is promise


def test_what_is_not_known_promises_least() -> None:
    assert promise_of(Path("/keys"), "") is ErasurePromise.UNLINKED


def test_memory_file_systems_of_this_machine_are_known() -> None:
    assert promise_of(Path("/dev/shm")) is ErasurePromise.MEMORY  # noqa: S108 - nothing is written


@pytest.mark.parametrize("fails", [None, "write", "fsync"])
def test_nothing_of_a_new_key_stays_in_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str | None
) -> None:
    drawn: list[bytes] = []

    def draw(size: int) -> bytes:
        drawn.append(bytes(bytearray(os.urandom(size))))
        return drawn[-1]

    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    keys = FileKeyStore(tmp_path / "keys")
    monkeypatch.setattr("secrets.token_bytes", draw)
    with monkeypatch.context() as patch:
        if fails:
            patch.setattr(os, fails, fail)
        with pytest.raises(KeyStoreUnavailable) if fails else nullcontext():
            keys.create("alert-1")
    assert drawn
    assert not any(any(key) for key in drawn)
