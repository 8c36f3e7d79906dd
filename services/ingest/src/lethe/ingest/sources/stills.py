"""A folder of stills, shown one after another at a given rate."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from lethe.ingest.sources.cap import RateCap
from lethe.ingest.sources.errors import SourceGarbled, SourceUnavailable
from lethe.ingest.sources.ports import LeftOut, SourceFrame
from lethe.ingest.sources.still_reader import MAX_PIXELS, StillReader

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

STILL_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
DEFAULT_FPS = 5.0


def is_still(name: str) -> bool:
    """Tell whether a file of this name is taken for a still."""
    return PurePath(name).suffix.lower() in STILL_SUFFIXES and not name.startswith(".")


def list_stills(folder: Path) -> list[Path]:
    """Give the pictures of a folder in natural order of their names (2 before 10)."""
    found = (path for path in folder.iterdir() if is_still(path.name))
    return sorted((path for path in found if path.is_file()), key=natural_order)


def natural_order(path: PurePath) -> list[tuple[int, int, str]]:
    """Return the key that sorts names as people do."""
    parts = re.findall(r"[0-9]+|[^0-9]+", path.name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


class StillsSource:
    """Pictures of a folder, each turned as its EXIF orientation says.

    Files that can't be read, or are larger than `max_pixels`, are skipped and counted; the size
    is taken from the header, before anything is decoded.

    Parameters
    ----------
    folder
        Where the pictures lie; it is listed when the source is opened.
    fps
        How many are shown per second.
    loop
        Start again at the end, with times that go on.
    max_fps
        Pictures above this rate are left out before they are read.
    max_width
        Wider pictures are scaled down, keeping their aspect.
    max_pixels
        Largest picture that is read, in pixels.
    """

    live = False
    stall_s: float | None = None

    def __init__(
        self,
        folder: Path,
        *,
        fps: float = DEFAULT_FPS,
        loop: bool = False,
        max_fps: float | None = None,
        max_width: int | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        if fps <= 0:
            raise ValueError("fps must be positive")
        self._folder = folder
        self._fps = fps
        self._loop = loop
        self._cap = RateCap(max_fps)
        self._reader = StillReader(max_width, max_pixels)
        self._paths: list[Path] = []

    @property
    def garbled(self) -> int:
        """How many files were skipped because they couldn't be read."""
        return self._reader.garbled

    def open(self) -> None:
        """List the folder; see `Source.open`."""
        try:
            self._paths = list_stills(self._folder)
        except OSError as error:
            raise SourceUnavailable(
                f"{self._folder} can't be listed ({error.strerror}): check its permissions"
            ) from error
        if not self._paths:
            raise SourceUnavailable(
                f"{self._folder} has no pictures in it: put .jpg or .png files there"
            )

    def frames(self) -> Generator[SourceFrame | LeftOut, None, None]:
        """Deliver the pictures; see `Source.frames`."""
        index = 0
        while True:
            tried = shown = 0
            for path in self._paths:
                pts_s = index / self._fps
                index += 1
                if not self._cap.admits(pts_s):
                    yield LeftOut()
                    continue
                tried += 1
                image = self._reader.read(path)
                if image is not None:
                    shown += 1
                    yield SourceFrame(image, pts_s)
                    self.close()
            if tried and not shown:
                raise SourceGarbled(
                    f"{self._folder} has no picture that can be read: check its files"
                )
            if not self._loop:
                return

    def close(self) -> None:
        """Overwrite the buffers."""
        self._reader.wipe()
