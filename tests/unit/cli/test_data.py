"""The data folder of a run."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lethe.cli.stack import data
from lethe.cli.stack.data import LOCK, data_folder, require_writable_file, sweep_left_overs
from lethe.contracts.errors import InvalidInput

_NOBODY = 65_534
HOLD = """
import sys, tempfile
tempfile.tempdir = sys.argv[1]
from lethe.cli.stack.data import data_folder
with data_folder(None) as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_a_temporary_folder_is_private_and_goes_at_the_end(temporary: Path) -> None:
    with data_folder(None) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "alerts.sqlite").write_bytes(b"x")
    assert list(temporary.iterdir()) == []


def test_a_temporary_folder_goes_also_after_a_failure(temporary: Path) -> None:
    with pytest.raises(RuntimeError), data_folder(None):
        raise RuntimeError
    assert list(temporary.iterdir()) == []


def test_a_chosen_folder_is_made_and_stays(tmp_path: Path) -> None:
    chosen = tmp_path / "deep" / "data"
    with data_folder(chosen) as folder:
        (folder / "kept").touch()
    assert (chosen / "kept").exists()
    with data_folder(chosen) as folder:
        assert folder == chosen


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    with (
        data_folder(tmp_path),
        pytest.raises(InvalidInput, match="in use by another lethe"),
        data_folder(tmp_path),
    ):
        pass


def test_a_folder_that_cant_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(InvalidInput, match=r"can't be made .*--data"),
        data_folder(tmp_path / "file" / "data"),
    ):
        pass


def test_a_folder_that_cant_be_written_is_refused(tmp_path: Path) -> None:
    # The kernel refuses every write to a file, as it would with a full or read-only disk.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with (
            pytest.raises(InvalidInput, match=r"can't be written .*--data"),
            data_folder(tmp_path),
        ):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def as_nobody() -> Iterator[None]:
    """Do something without root's rights, if we have them."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(mine)


def test_a_folder_without_write_permission_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs").chmod(0o555)
    with (
        as_nobody(),
        pytest.raises(InvalidInput, match=r"can't be made \(Permission denied\).*--data"),
        data_folder(tmp_path / "theirs" / "data"),
    ):
        pass


def test_a_report_without_write_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # From within, since the folders above are closed to others too.
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs").chmod(0o555)
    monkeypatch.chdir(tmp_path / "theirs")
    with (
        as_nobody(),
        pytest.raises(InvalidInput, match=r"can't be written \(Permission denied\).*--report"),
    ):
        require_writable_file(Path("report.json"), "--report")


def test_a_folder_whose_lock_cant_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / LOCK).mkdir()
    refused = pytest.raises(InvalidInput, match=r"can't be written \(.*directory\).*--data")
    with refused, data_folder(tmp_path):
        pass


def test_a_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "NEEDED_MB", 1 << 40)
    with pytest.raises(InvalidInput, match="MB left"), data_folder(tmp_path):
        pass


def test_what_a_killed_run_left_is_swept_and_what_a_living_one_uses_is_not(temporary: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(temporary)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip())
        assert sweep_left_overs(temporary) == []
        assert (folder / LOCK).exists()
        holder.kill()
    assert folder.exists()
    assert sweep_left_overs(temporary) == [folder]
    assert not folder.exists()


def test_a_folder_that_isnt_ours_is_never_swept(temporary: Path) -> None:
    (temporary / "lethe-notes").mkdir()
    assert sweep_left_overs(temporary) == []
    assert (temporary / "lethe-notes").exists()


@pytest.mark.parametrize("name", ["none/report.json", "."])
def test_a_report_without_a_place_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="--report"):
        require_writable_file(tmp_path / name, "--report")
