"""The retention clock's mark, in a file beside the keys."""

import json
import os
from pathlib import Path

from lethe.alert.errors import KeyStoreUnavailable
from lethe.alert.retention_clock import Mark


class ClockFile:
    """Implements `ClockMemory`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / ".clock"

    def load(self) -> Mark | None:
        """Return what was saved last."""
        try:
            content = json.loads(self._file.read_bytes())
            return Mark(
                boot_id=str(content["boot_id"]),
                boot_us=int(content["boot_us"]),
                retention_us=int(content["retention_us"]),
            )
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def save(self, mark: Mark) -> None:
        """Keep a mark: the file is replaced whole or not at all."""
        content = {
            "boot_id": mark.boot_id,
            "boot_us": mark.boot_us,
            "retention_us": mark.retention_us,
        }
        # Several instances may save at once, each its own file.
        beside = self._file.with_name(f".clock-{os.getpid()}")
        try:
            with beside.open("w", encoding="utf-8") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._file)
        except OSError as fault:
            raise KeyStoreUnavailable(f"can't keep the clock ({fault.strerror})") from None
