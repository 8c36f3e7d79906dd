"""A folder of stills, shown one after another at a given rate."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import cv2
from PIL import Image, ImageOps

from lethe.ingest.sources.buffers import OwnedImage
from lethe.ingest.sources.cap import RateCap, capped_size
from lethe.ingest.sources.errors import SourceGarbled, SourceUnavailable
from lethe.ingest.sources.ports import SourceFrame

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

STILL_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
MAX_PIXELS = 50_000_000
DEFAULT_FPS = 5.0

# Modes that hold eight bits per channel in a way that becomes RGBX without an intermediate.
_PLAIN_MODES = frozenset({"L", "RGB", "RGBA"})
# What Pillow raises on files that are damaged, hostile or no pictures at all.
_UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def list_stills(folder: Path) -> list[Path]:
    """Give the pictures of a folder in natural order of their names (2 before 10)."""
    found = (
        path
        for path in folder.iterdir()
        if path.suffix.lower() in STILL_SUFFIXES and not path.name.startswith(".")
    )
    return sorted((path for path in found if path.is_file()), key=_natural)


def _natural(path: Path) -> list[tuple[int, int, str]]:
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
        self._max_width = max_width
        self._max_pixels = max_pixels
        self._paths: list[Path] = []
        self._garbled = 0
        self._decoded = OwnedImage()
        self._bgr = OwnedImage()
        self._scaled = OwnedImage()

    @property
    def garbled(self) -> int:
        """How many files were skipped because they couldn't be read."""
        return self._garbled

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

    def frames(self) -> Generator[SourceFrame, None, None]:
        """Deliver the pictures; see `Source.frames`."""
        index = 0
        while True:
            shown = 0
            for path in self._paths:
                pts_s = index / self._fps
                index += 1
                if not self._cap.admits(pts_s):
                    continue
                image = self._read(path)
                if image is not None:
                    shown += 1
                    yield SourceFrame(image, pts_s)
                    self.close()
            if shown == 0:
                raise SourceGarbled(
                    f"{self._folder} has no picture that can be read: check its files"
                )
            if not self._loop:
                return

    def close(self) -> None:
        """Overwrite the buffers."""
        for owned in (self._decoded, self._bgr, self._scaled):
            owned.wipe()

    def _read(self, path: Path) -> NDArray[np.uint8] | None:
        try:
            with Image.open(path) as header:
                if header.width * header.height > self._max_pixels:
                    self._garbled += 1
                    return None
                return self._scale(self._decode(header))
        except _UNREADABLE:
            self._garbled += 1
            return None

    def _decode(self, picture: Image.Image) -> NDArray[np.uint8]:
        """Decode into the owned buffer as BGR, overwriting each of Pillow's copies."""
        upright = ImageOps.exif_transpose(picture)
        _erase(picture)
        if upright.mode not in _PLAIN_MODES:
            plain = upright.convert("RGB")
            _erase(upright)
            upright = plain
        rgbx = upright.convert("RGBX")
        _erase(upright)
        pixels = self._decoded.shaped(rgbx.height, rgbx.width, 4)
        shared = Image.frombuffer("RGBX", rgbx.size, pixels, "raw", "RGBX", 0, 1)
        # Pasting into a picture that shares its memory is the only copy Pillow makes straight
        # into a buffer of ours; it marks such pictures read-only by convention.
        shared.readonly = 0
        shared.paste(rgbx)
        _erase(rgbx)
        bgr = self._bgr.shaped(rgbx.height, rgbx.width)
        cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGR, dst=bgr)
        self._decoded.wipe()
        return bgr

    def _scale(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = image.shape[:2]
        size = capped_size(width, height, self._max_width)
        if size == (width, height):
            return image
        scaled = self._scaled.shaped(size[1], size[0])
        cv2.resize(image, size, dst=scaled, interpolation=cv2.INTER_AREA)
        return scaled


def _erase(picture: Image.Image) -> None:
    """Overwrite a picture that Pillow holds: freeing it would leave its bytes behind."""
    with suppress(ValueError):
        picture.paste(0, (0, 0, picture.width, picture.height))
