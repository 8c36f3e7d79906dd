"""Reading one still into owned memory, turned as its EXIF orientation says."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import cv2
from PIL import Image, ImageOps

from lethe.ingest.sources.buffers import OwnedImage
from lethe.ingest.sources.cap import capped_size

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

MAX_PIXELS = 50_000_000

# What the names stand for that are taken as stills. Pillow would try some forty others, and what
# those raise on a hostile file knows no bounds.
_FORMATS = ("BMP", "JPEG", "PNG", "TIFF", "WEBP")
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


class StillReader:
    """Reads stills one at a time.

    Parameters
    ----------
    max_width
        Wider pictures are scaled down, keeping their aspect.
    max_pixels
        Larger pictures are skipped and counted; the size is taken from the header, before
        anything is decoded.

    Attributes
    ----------
    garbled
        Files that were skipped because they couldn't be read.
    """

    def __init__(self, max_width: int | None, max_pixels: int = MAX_PIXELS) -> None:
        self._max_width = max_width
        self._max_pixels = max_pixels
        self._decoded = OwnedImage()
        self._bgr = OwnedImage()
        self._scaled = OwnedImage()
        self.garbled = 0

    def wipe(self) -> None:
        """Overwrite the buffers."""
        for owned in (self._decoded, self._bgr, self._scaled):
            owned.wipe()

    def read(self, path: Path) -> NDArray[np.uint8] | None:
        """Give a still as uint8, height x width x 3, BGR; None if it can't be read."""
        try:
            with Image.open(path, formats=_FORMATS) as header:
                if header.width * header.height > self._max_pixels:
                    self.garbled += 1
                    return None
                return self._scale(self._decode(header))
        except _UNREADABLE:
            self.garbled += 1
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
