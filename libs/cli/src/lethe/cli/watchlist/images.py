"""Image files: which are worth sending at all."""

from hashlib import sha256
from pathlib import Path

from lethe.cli.watchlist.people import Picture, Place
from lethe.contracts.errors import InvalidInput

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
IMAGE_LIMIT_BYTES = 7 * 1024 * 1024


class Images:
    """Reads image files, each content once."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def read(self, path: Path, shown: str, place: Place | None = None) -> Picture:
        """Return an image that may be sent.

        Raises
        ------
        InvalidInput
            With the reason alone, if it may not: no image, unreadable, too large, or seen before.
        """
        if why := _unusable(path):
            raise InvalidInput(why)
        try:
            with path.open("rb") as stream:
                digest = sha256(stream.read()).hexdigest()
        except OSError as error:
            raise InvalidInput(f"can't be read ({error.strerror})") from None
        if digest in self._seen:
            raise InvalidInput(f"the same image as {self._seen[digest]}")
        self._seen[digest] = shown
        return Picture(path, shown, digest, place)


def _unusable(path: Path) -> str | None:
    try:
        if not path.is_file():
            return "not a file"
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            return "not an image (JPEG, PNG, WebP, BMP or TIFF): save it as JPEG"
        size = path.stat().st_size
    except (OSError, ValueError):
        return "can't be read"
    if size == 0:
        return "unreadable: the file is empty"
    if size > IMAGE_LIMIT_BYTES:
        return f"larger than {IMAGE_LIMIT_BYTES // 1024 // 1024} MB"
    return None
