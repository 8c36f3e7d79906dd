"""A folder into which somebody puts stills: each new one is taken once, when it is complete."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from lethe.ingest.sources.arrivals import Arrivals
from lethe.ingest.sources.errors import SourceLost, SourceUnavailable
from lethe.ingest.sources.ports import LeftOut, SourceFrame
from lethe.ingest.sources.still_reader import StillReader
from lethe.ingest.sources.stills import is_still, natural_order

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

_LOOK_S = 0.1

_Version = tuple[int, int, int]
"""Inode, size and time of change: a file that keeps all three for a look is complete."""


class FollowedFolder:
    """New pictures of a folder, as they come.

    What lies there when it is opened is passed over: it was taken before anybody watched. Files
    may be moved in or written in place.

    Parameters
    ----------
    folder
        Looked at ten times a second.
    max_fps
        Pictures above this rate are left out.
    max_width
        Wider pictures are scaled down, keeping their aspect.
    wait
        Blocks for this many seconds.
    clock
        Monotonic seconds.
    """

    live = True
    stall_s: float | None = None

    def __init__(
        self,
        folder: Path,
        *,
        max_fps: float | None = None,
        max_width: int | None = None,
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._arrivals = Arrivals(max_fps, clock)
        self._reader = StillReader(max_width)
        self._wait = wait
        self._seen: dict[str, _Version] = {}
        self._taken: set[str] = set()

    @property
    def garbled(self) -> int:
        """How many files were skipped because they couldn't be read."""
        return self._reader.garbled

    def open(self) -> None:
        """Note what lies in the folder; see `Source.open`."""
        try:
            self._seen = self._versions()
        except OSError as error:
            raise SourceUnavailable(
                f"{self._folder} can't be listed ({error.strerror}): check its permissions"
            ) from None
        self._taken = set(self._seen)

    def frames(self) -> Generator[SourceFrame | LeftOut | None, None, None]:
        """Deliver new pictures; see `Source.frames`."""
        while True:
            self._wait(_LOOK_S)
            for path in self._complete():
                pts_s = self._arrivals.next_s()
                if pts_s is None:
                    yield LeftOut()
                elif (image := self._reader.read(path)) is not None:
                    yield SourceFrame(image, pts_s)
                    self._reader.wipe()
            yield None

    def close(self) -> None:
        """Overwrite the buffers."""
        self._reader.wipe()

    def _complete(self) -> list[Path]:
        """Return the files that are new and haven't changed since the last look, in order."""
        try:
            versions = self._versions()
        except OSError as error:
            raise SourceLost(
                f"{self._folder} can't be listed any more ({error.strerror}): bring it back"
            ) from None
        settled = {
            name for name, version in versions.items() if self._seen.get(name) == version
        } - self._taken
        self._seen = versions
        # A name that is gone may come again as another picture.
        self._taken = {name for name in self._taken if name in versions} | settled
        return sorted((self._folder / name for name in settled), key=natural_order)

    def _versions(self) -> dict[str, _Version]:
        found = {}
        with os.scandir(self._folder) as entries:
            for entry in entries:
                try:
                    if is_still(entry.name) and entry.is_file():
                        status = entry.stat()
                        found[entry.name] = (status.st_ino, status.st_size, status.st_mtime_ns)
                except FileNotFoundError:
                    continue
        return found
