"""What a file is by its own bytes, as far as that can be told without decoding a picture."""

from lethe.contracts.errors import InvalidInput

_ANYTHING = "application/octet-stream"
_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    # The kind for files above four gigabytes, which smaller ones may be as well.
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
)
_TAKEN = frozenset({"image/jpeg", "image/png", "image/webp", "image/bmp", "image/tiff"})
"""Those that detect reads."""


def media_type(image: bytes) -> str:
    """Return the type that an image's first bytes tell, never one that a browser would run."""
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return "image/webp"
    for signature, found in _SIGNATURES:
        if image.startswith(signature):
            return found
    return _ANYTHING


def require_image(content: bytes) -> None:
    """Check that a file begins as an image that can be enrolled; detect sees if it can be read.

    Raises
    ------
    InvalidInput
        If it is empty, or something else.
    """
    if not content:
        raise InvalidInput("the image is empty")
    if media_type(content) not in _TAKEN:
        raise InvalidInput("not an image (JPEG, PNG, WebP, BMP or TIFF): save it as JPEG")
