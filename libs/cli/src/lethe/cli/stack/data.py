"""The data folder of one run: a private temporary one, or the one the user chose."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lethe.contracts.errors import InvalidInput

PREFIX = "lethe-"
LOCK = ".lock"
NEEDED_MB = 64
_MB = 1024 * 1024


@contextmanager
def data_folder(chosen: Path | None) -> Iterator[Path]:
    """Give the data folder of a run, locked against a second one.

    A temporary folder (mode 0700) is removed at the end; one that the user chose stays.

    Raises
    ------
    InvalidInput
        If the folder can't be written, has no space, or another run uses it.
    """
    if chosen is not None:
        folder = chosen.expanduser().absolute()
        _require_usable(folder)
        with _locked(folder):
            yield folder
        return
    try:
        sweep_left_overs(Path(tempfile.gettempdir()))
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    except OSError as error:
        raise InvalidInput(
            f"no temporary folder ({error.strerror}); choose one with --data"
        ) from None
    try:
        _require_usable(folder)
        with _locked(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_left_overs(parent: Path) -> list[Path]:
    """Remove temporary folders whose run was killed before it could do so.

    A run holds a lock on a file in its folder for as long as it lives; a folder of ours whose
    lock can be had belongs to nobody.
    """
    swept = []
    for folder in parent.glob(f"{PREFIX}*"):
        if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.getuid():
            continue
        try:
            descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(folder, ignore_errors=True)
            swept.append(folder)
        finally:
            os.close(descriptor)
    return swept


def require_writable_file(path: Path, option: str) -> None:
    """Check that a result can be written to `path` at the end of a run.

    Raises
    ------
    InvalidInput
        If it names a folder, or its folder doesn't exist or can't be written.
    """
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder; name a file with {option}")
    if not path.parent.is_dir():
        raise InvalidInput(f"{path.parent} doesn't exist; make it or choose another for {option}")
    _try_writing(path.parent, option)


def _require_usable(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"{folder} can't be made ({error.strerror}); choose another folder with --data"
        ) from None
    _try_writing(folder, "--data")
    free_mb = shutil.disk_usage(folder).free // _MB
    if free_mb < NEEDED_MB:
        raise InvalidInput(
            f"{folder} has {free_mb} MB left and {NEEDED_MB} MB are needed; "
            "free some or choose another folder with --data"
        )


def _try_writing(folder: Path, option: str) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(bytes(4096))
            trial.flush()
    except OSError as error:
        raise InvalidInput(
            f"{folder} can't be written ({error.strerror}); choose another with {option}"
        ) from None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        descriptor = _lock(folder)
    except BlockingIOError:
        raise InvalidInput(
            f"{folder} is in use by another lethe; choose another folder with --data"
        ) from None
    except OSError as error:
        raise InvalidInput(
            f"{folder} can't be written ({error.strerror}); choose another with --data"
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(folder: Path) -> int:
    path = folder / LOCK
    # Locked before it gets its name, so that nobody sweeps a folder that is just being made.
    fresh = folder / f"{LOCK}.{os.getpid()}"
    held = path if path.exists() else fresh
    descriptor = os.open(held, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if held == fresh:
            fresh.rename(path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
