"""A term's log is durable, follows the one before, and is whole again after any crash."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

import hypothesis.strategies as st
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from tests.support.receipts import SIGNER, START_MS, Log, verify

from lethe.contracts.errors import Refused
from lethe.purge.log_folder import LogFolder, Mended, log_files
from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.notes import NoteSigner
from lethe.receipts.verifying import Verdict

NONE = Checkpoint("", 0, b"")


class Disk:
    """A folder of logs and what would be written to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = LogFolder(folder, SIGNER, "purge-1")
        self.mended: Mended | None = None

    def term(self, term: str, slots: int, *, signed: int) -> None:
        """Write a log of so many slots, the first `signed` of them covered by a checkpoint."""
        log, before, self.mended = self.logs.begin(term)
        made = Log(term=term, follows=before or NONE, at_ms=START_MS)
        log.append([made.begun().line(), made.order().line()], sign=True)
        for index in range(slots):
            granted = made.granted()
            made.slots += 1
            made.at_ms += 200
            leaves = [granted.line(), made.closed(granted).line()]
            log.append(leaves, sign=index < signed)
        log.close()

    def verified(self) -> Verdict:
        """Verify all logs, one after the other, as they lie there."""
        files = [path.read_bytes().splitlines(keepends=True) for path in log_files(self.folder)]
        return verify([files[0][0], *(line for lines in files for line in lines[2:])])


def test_terms_follow_each_other(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "receipts")
    for number in range(3):
        disk.term(f"t{number}", 2, signed=2)
        assert disk.mended is None
    assert [path.name for path in log_files(disk.folder)] == [
        "000001-t0.receipts",
        "000002-t1.receipts",
        "000003-t2.receipts",
    ]
    verdict = disk.verified()
    assert (verdict.logs, verdict.entries, verdict.remarks[1:]) == (3, 18, [])


def test_what_a_crash_left_unsigned_is_signed_by_the_next_term(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.term("t0", 3, signed=1)
    disk.term("t1", 1, signed=1)
    assert disk.mended == Mended("000001-t0.receipts", 0, 4)
    assert disk.verified().totals["d"].closed == 4


@settings(max_examples=150, deadline=None)
@given(cut=st.integers(1, 1_500))
def test_a_log_that_was_torn_anywhere_is_whole_again(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    disk = Disk(tmp_path_factory.mktemp("torn"))
    disk.term("t0", 1, signed=1)
    disk.term("t1", 2, signed=1)
    torn = log_files(disk.folder)[1]
    os.truncate(torn, torn.stat().st_size - cut)
    disk.term("t2", 1, signed=1)
    verdict = disk.verified()
    assert verdict.logs in (2, 3)
    if disk.mended is not None:
        assert disk.mended.cut_bytes < 1_500
    disk.term("t3", 1, signed=1)
    assert disk.mended is None
    assert disk.verified().entries == verdict.entries + 4


def test_a_log_without_an_entry_never_was(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    log, before, _ = disk.logs.begin("t0")
    log.close()
    assert before is None
    disk.term("t1", 1, signed=1)
    assert [path.name for path in log_files(disk.folder)] == ["000001-t1.receipts"]
    assert disk.verified().logs == 1


def test_a_log_of_another_key_is_followed_and_not_signed(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.term("t0", 2, signed=1)
    disk.logs.close()
    size = log_files(tmp_path)[0].stat().st_size
    other = NoteSigner("lethe-receipts/other", Ed25519PrivateKey.generate())
    _, before, mended = LogFolder(tmp_path, other, "purge-1").begin("t1")
    assert before is not None
    assert (before.size, mended) == (4, None)
    assert log_files(tmp_path)[0].stat().st_size == size


def test_a_full_disk_is_told_and_the_log_is_whole_again_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path)
    disk.term("t0", 1, signed=1)
    log, before, _ = disk.logs.begin("t1")
    made = Log(term="t1", follows=before or NONE)
    log.append([made.begun().line(), made.order().line()], sign=False)
    write = os.write

    def full(descriptor: int, block: Sequence[int]) -> int:
        if len(block) > 100:
            return write(descriptor, bytes(block[:100]))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            log.append([made.granted().line()], sign=True)
        log.close()
        with pytest.raises(OSError, match="No space left"):
            disk.logs.begin("t2")
    disk.term("t3", 1, signed=1)
    assert disk.verified().logs == 3


def test_one_process_at_a_time_writes_to_a_folder(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.term("t0", 1, signed=0)
    torn = log_files(tmp_path)[0].read_bytes()
    second = LogFolder(tmp_path, SIGNER, "purge-1")
    with pytest.raises(OSError, match="another process writes to their folder"):
        second.begin("t1")
    assert log_files(tmp_path)[0].read_bytes() == torn
    disk.logs.close()
    log, _, mended = second.begin("t1")
    assert mended is not None
    log.close()
    second.close()


@pytest.mark.parametrize("signed", [0, 1])
def test_a_folder_of_another_instance_is_refused(tmp_path: Path, signed: int) -> None:
    disk = Disk(tmp_path)
    disk.term("t0", 1, signed=signed)
    disk.logs.close()
    kept = log_files(tmp_path)[0].read_bytes()
    with pytest.raises(Refused, match="receipts of another instance, purge-1; give each"):
        LogFolder(tmp_path, SIGNER, "purge-2").begin("t1")
    assert [path.read_bytes() for path in log_files(tmp_path)] == [kept]


@pytest.mark.parametrize("signed", [0, 1])
def test_a_log_is_on_the_disk_before_the_next_one_names_it(
    tmp_path: Path, signed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path)
    disk.term("t0", 1, signed=signed)
    synced: list[str] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    disk.term("t1", 1, signed=1)
    assert synced[0] == "000001-t0.receipts"


def test_an_instance_with_the_longest_name_goes_on_after_a_term(tmp_path: Path) -> None:
    instance = "p" * 200
    folder = LogFolder(tmp_path, SIGNER, instance)
    log, _, _ = folder.begin("t0")
    log.append([Log(instance=instance, term="t0").begun().line()], sign=True)
    log.close()
    log, before, _ = folder.begin("t1")
    log.close()
    assert before is not None
    made = Log(instance=instance, term="t1", follows=before)
    assert made.begun().predecessor_origin == before.origin
