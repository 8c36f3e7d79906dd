"""Pictures that users bring: every usual kind is read right, every hostile one is refused."""

import io
import struct
import warnings
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.support.hostile_pictures import jpeg_of_scans, tiff_of_tile
from tests.support.images import astronaut

from lethe.vision.errors import UnreadableImage
from lethe.vision.stills import read_still

ORIENTATION_TAG = 0x0112


def gradient() -> Image.Image:
    """Give a small picture, redder to the right and greener to the bottom."""
    rows, columns = np.mgrid[:40, :60]
    pixels = np.stack([columns * 4, rows * 6, np.full_like(rows, 20)], axis=2)
    return Image.fromarray(pixels.astype(np.uint8))


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def bgr(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGB"))[:, :, ::-1]


@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG", {"quality": 95, "subsampling": 0}, 6),
        ("JPEG", {"quality": 95, "subsampling": 0, "progressive": True}, 6),
    ],
)
def test_common_formats_are_read(kind: str, options: dict[str, Any], tolerance: int) -> None:
    image = read_still(saved(gradient(), kind, **options))
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    np.testing.assert_allclose(image.astype(int), bgr(gradient()), atol=tolerance)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_a_telephone_is_undone(orientation: int) -> None:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = gradient()
    stored = upright.transpose(turns[orientation]) if orientation in turns else upright
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    image = read_still(saved(stored, "PNG", exif=exif))
    np.testing.assert_array_equal(image, bgr(upright))


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA"])
def test_every_mode_becomes_bgr(mode: str) -> None:
    picture = gradient().convert(mode)
    image = read_still(saved(picture, "PNG"))
    np.testing.assert_array_equal(image, bgr(picture))


def test_cmyk_becomes_bgr() -> None:
    image = read_still(saved(gradient().convert("CMYK"), "JPEG", quality=95))
    np.testing.assert_allclose(image.astype(int), bgr(gradient()), atol=25)


def test_transparency_is_laid_over_white() -> None:
    clear = Image.new("RGBA", (4, 4), (10, 20, 30, 0))
    assert (read_still(saved(clear, "PNG")) == 255).all()
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([9, 9, 9])
    assert (read_still(saved(palette, "PNG", transparency=0)) == 255).all()


def test_sixteen_bits_of_grey_are_scaled_and_not_clipped() -> None:
    deep = np.array([[0, 0x4000], [0x8000, 0xFFFF]], np.uint16)
    image = read_still(saved(Image.fromarray(deep), "PNG"))
    assert image[:, :, 0].tolist() == [[0, 0x40], [0x80, 0xFF]]


def test_a_telephones_jpeg_with_a_second_picture_behind_it_is_read() -> None:
    data = saved(
        gradient(), "MPO", save_all=True, append_images=[Image.new("RGB", (8, 8))], quality=95
    )
    assert read_still(data).shape == (40, 60, 3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_animations_and_pages_are_refused(kind: str) -> None:
    data = saved(gradient(), kind, save_all=True, append_images=[Image.new("RGB", (60, 40))])
    with pytest.raises(UnreadableImage, match="several frames"):
        read_still(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_truncated_files_are_refused(kind: str, share: float) -> None:
    data = saved(Image.fromarray(astronaut()), kind)
    with pytest.raises(UnreadableImage):
        read_still(data[: int(len(data) * share)])


def test_a_format_that_nobody_needs_is_refused() -> None:
    with pytest.raises(UnreadableImage, match="use a complete JPEG, PNG"):
        read_still(saved(gradient(), "PPM"))


def test_a_picture_of_measured_values_is_refused() -> None:
    with pytest.raises(UnreadableImage, match="8 bits"):
        read_still(saved(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF"))


def test_more_pixels_than_allowed_are_refused() -> None:
    with pytest.raises(UnreadableImage, match="60x40 pixels is too large"):
        read_still(saved(gradient(), "PNG"), max_pixels=2399)
    assert read_still(saved(gradient(), "PNG"), max_pixels=2400).shape == (40, 60, 3)


@pytest.mark.parametrize("side", [10_000, 60_000])
def test_a_bomb_is_refused_by_its_header(side: int) -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        check = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b""))
    with pytest.raises(UnreadableImage, match="too large: reduce it to 24 megapixels"):
        read_still(bomb)


def test_a_jpeg_that_passes_over_its_picture_thousands_of_times_is_refused() -> None:
    assert read_still(jpeg_of_scans(20)).shape == (64, 64, 3)
    with pytest.raises(UnreadableImage, match="too many steps"):
        read_still(jpeg_of_scans(100))


def test_a_tiff_whose_one_tile_takes_gigabytes_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(UnreadableImage, match="a tile of so many pixels is too large"):
        read_still(tiff_of_tile(5_000))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_files_are_read_or_refused_in_one_line_and_warn_of_nothing(
    data: st.DataObject,
) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "BMP"]))
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = 6
    options = {} if kind == "BMP" else {"exif": exif}
    file = bytearray(saved(gradient(), kind, **options))
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outcome = outcome_of(bytes(file))
    if isinstance(outcome, UnreadableImage):
        assert "\n" not in str(outcome)
        assert outcome.__cause__ is None
    else:
        assert outcome.shape[2:] == (3,)


def outcome_of(data: bytes) -> np.ndarray | UnreadableImage:
    try:
        return read_still(data, max_pixels=100_000)
    except UnreadableImage as error:
        return error
