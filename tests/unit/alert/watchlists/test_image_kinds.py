"""What a file is by its first bytes."""

import pytest

from lethe.alert.watchlists.image_kinds import media_type


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"BM\x00", "image/bmp"),
        (b"II+\x00\x08\x00", "image/tiff"),
        (b"MM\x00+\x00\x08", "image/tiff"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"<svg onload=alert(1)>", "application/octet-stream"),
        (b"<html>", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_nothing_that_a_browser_would_run_is_declared_as_an_image(
    image: bytes, expected: str
) -> None:
    assert media_type(image) == expected
