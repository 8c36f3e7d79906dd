"""Pictures that users bring: any common format, upright, in BGR, or a line that says why not."""

from __future__ import annotations

import io
import math
import threading
import warnings
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps
from PIL.TiffImagePlugin import TILELENGTH, TILEWIDTH, TiffImageFile

from lethe.vision.errors import UnreadableImage

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PIXELS = 24_000_000
"""A larger image couldn't be decoded and overwritten within the retention budget."""

# Formats beyond these have parsers that saw less scrutiny, and nobody needs them here.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
# Many telephones write a JPEG with a second, smaller picture behind it; the first one counts.
_JPEG_WITH_EXTRAS = "MPO"
_WIDE_GREY = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
_REFUSED_MODES = frozenset({"F", "I"})
_BACKGROUND = (255, 255, 255, 255)
_KINDS = "JPEG, PNG, WebP, BMP or TIFF"

_START_OF_SCAN = b"\xff\xda"
_MOST_SCANS = 100
"""A progressive JPEG has about ten; each is a pass over the whole picture."""

# Filters of warnings belong to the process, not to a thread.
_filters = threading.Lock()


def read_still(data: bytes, *, max_pixels: int = MOST_PIXELS) -> NDArray[np.uint8]:
    """Read a still picture.

    The orientation that EXIF states is applied, transparency is laid over white, and every colour
    model becomes BGR.

    Parameters
    ----------
    data
        The whole file: JPEG, PNG, WebP, BMP or TIFF.
    max_pixels
        A picture that claims more is refused before it is decoded.

    Returns
    -------
    ndarray
        Array (height, width, 3) uint8, BGR.

    Raises
    ------
    UnreadableImage
        It is no such picture, damaged, incomplete, animated or too large. The message is one line
        and holds nothing of the picture.
    """
    try:
        with _filters, warnings.catch_warnings():
            # Pillow warns of what is refused or mended here.
            warnings.simplefilter("ignore")
            return _read(data, max_pixels)
    except UnreadableImage:
        raise
    except Image.DecompressionBombError:
        raise UnreadableImage(_too_large("a picture of so many pixels", max_pixels)) from None
    except Exception:  # noqa: BLE001 - parsers of hostile bytes raise nearly every class there is
        raise UnreadableImage(f"not a readable picture: use a complete {_KINDS} file") from None


def _read(data: bytes, max_pixels: int) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
        width, height = picture.size
        if width * height > max_pixels:
            raise UnreadableImage(_too_large(f"a picture of {width}x{height} pixels", max_pixels))
        if picture.format != _JPEG_WITH_EXTRAS and getattr(picture, "is_animated", False):
            raise UnreadableImage("a picture with several frames or pages: use a still one")
        _require_worth_decoding(picture, data, max_pixels)
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        rgb = _to_rgb(upright)
    return np.ascontiguousarray(np.asarray(rgb)[:, :, ::-1])


def _require_worth_decoding(picture: Image.Image, data: bytes, max_pixels: int) -> None:
    """Refuse what is small by its size, and takes minutes or gigabytes to decode all the same."""
    # Within a scan no other marker can stand.
    is_jpeg = picture.format in ("JPEG", _JPEG_WITH_EXTRAS)
    if is_jpeg and data.count(_START_OF_SCAN) > _MOST_SCANS:
        raise UnreadableImage("a JPEG that builds up in too many steps: save it again")
    if isinstance(picture, TiffImageFile):
        tile = [int(picture.tag_v2.get(tag, 1)) for tag in (TILEWIDTH, TILELENGTH)]
        if math.prod(tile) > max_pixels:
            raise UnreadableImage(_too_large("a tile of so many pixels", max_pixels))


def _too_large(what: str, max_pixels: int) -> str:
    return f"{what} is too large: reduce it to {max_pixels / 1e6:g} megapixels or less"


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode in _REFUSED_MODES:
        raise UnreadableImage("a picture of measured values: convert it to 8 bits a channel")
    if picture.mode in _WIDE_GREY:
        # Pillow clips 16 bits to 8 rather than scaling them.
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        clear = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, _BACKGROUND), clear).convert(
            "RGB"
        )
    return picture.convert("RGB")
