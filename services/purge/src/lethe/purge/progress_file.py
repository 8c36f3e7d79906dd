"""How far signed statements have got, in a file that is replaced whole or not at all."""

import json
import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lethe.contracts.errors import InvalidInput
from lethe.purge.term_log import sync_folder
from lethe.shredding.progress import Progress

FILE = "progress.json"
_MODE, _FILE_MODE = 0o750, 0o640


class ProgressFile:
    """Implements `ProgressStore` in the data folder of an instance. All of this blocks."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def load(self) -> Progress | None:
        """Return what was saved last; None if nothing ever was.

        Raises
        ------
        InvalidInput
            If it can't be read or isn't what was saved: to go on without it would be to obey
            whatever is old enough.
        """
        try:
            block = self._file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InvalidInput(f"{self._file} can't be read ({error.strerror})") from None
        progress = _parsed(block)
        if progress is None:
            raise InvalidInput(
                f"{self._file} is damaged: it says which orders have ended; see the runbook "
                "nothing-is-captured before you remove it"
            )
        return progress

    def save(self, progress: Progress) -> None:
        """Keep it, durable when this returns; raises `OSError` if it may not be."""
        plain = _plain(progress)
        block = json.dumps({"sha256": _digest(plain), "progress": plain}, indent=1).encode() + b"\n"
        self._file.parent.mkdir(mode=_MODE, parents=True, exist_ok=True)
        beside = self._file.with_suffix(".partial")
        try:
            _write(beside, block)
            beside.replace(self._file)
        except OSError:
            with suppress(OSError):
                beside.unlink()
            raise
        sync_folder(self._file.parent)


def _parsed(block: bytes) -> Progress | None:
    try:
        content = json.loads(block)
        progress = Progress.model_validate(content["progress"])
    except (ValueError, LookupError, TypeError, ValidationError, RecursionError):
        return None
    return progress if content.get("sha256") == _digest(_plain(progress)) else None


def _write(file: Path, block: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(block)
        stream.flush()
        os.fsync(descriptor)


def _plain(progress: Progress) -> dict[str, Any]:
    plain: dict[str, Any] = progress.model_dump(mode="json")
    for order in progress.orders:
        # A set has no order of its own, and the digest needs one.
        plain["orders"][order]["lifted"].sort()
    return plain


def _digest(plain: dict[str, Any]) -> str:
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()
