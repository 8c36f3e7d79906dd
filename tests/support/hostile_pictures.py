"""Pictures that are small on disk and large, slow or something else when they are opened."""

import io
import struct
import zlib
from typing import Any

from PIL import Image
from tests.support.images import astronaut

_END = b"\xff\xd9"
_START_OF_SCAN = 0xDA


def portrait() -> Image.Image:
    """Return a portrait that holds one face."""
    return Image.fromarray(astronaut()[:, :, ::-1])


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Return a picture as a file of some kind."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def jpeg_of_scans(more: int, side: int = 64) -> bytes:
    """Return a progressive JPEG whose last pass over the picture is repeated so many times."""
    file = saved(Image.new("L", (side, side), 128), "JPEG", progressive=True)
    return file[: -len(_END)] + _last_scan(file) * more + _END


def _last_scan(file: bytes) -> bytes:
    start = file.rindex(bytes([0xFF, _START_OF_SCAN]))
    return file[start : -len(_END)]


def tiff_of_tile(side: int) -> bytes:
    """Return a TIFF of 64x64 pixels in one tile that claims to be as wide and high as told."""
    tile = zlib.compress(bytes(64))
    tags = [(256, 64), (257, 64), (258, 8), (259, 8), (262, 1), (277, 1),
            (322, side), (323, side), (324, 0), (325, len(tile))]  # fmt: skip
    begins = 8 + 2 + 12 * len(tags) + 4
    told = b"".join(struct.pack("<HHII", tag, 4, 1, value or begins) for tag, value in tags)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    return head + told + struct.pack("<I", 0) + tile


def png_bomb(side: int) -> bytes:
    """Return a PNG that claims so many pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b""))


def png_with_a_long_text(size: int) -> bytes:
    """Return a PNG with a text that unpacks to so many bytes."""
    file = saved(Image.new("L", (8, 8)), "PNG")
    text = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(size), 9))
    return file[:33] + text + file[33:]


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def heic() -> bytes:
    """Return the beginning of a telephone's HEIC."""
    return struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(100)


def animated(kind: str) -> bytes:
    """Return a picture of two frames."""
    second = Image.new("RGB", (512, 512), (9, 90, 200))
    return saved(portrait(), kind, save_all=True, append_images=[second])


def hostile() -> dict[str, bytes]:
    """Return files, by name, of which none is a picture to be enrolled."""
    whole = saved(portrait(), "JPEG")
    return {
        "huge.png": png_bomb(60_000),
        "deep.png": png_with_a_long_text(50_000_000),
        "slow.jpg": jpeg_of_scans(2_000),
        "tile.tif": tiff_of_tile(32_000),
        "frames.png": animated("PNG"),
        "frames.webp": animated("WEBP"),
        "pages.tiff": animated("TIFF"),
        "moving.jpg": animated("GIF"),
        "cut.jpg": whole[: len(whole) // 2],
        "telephone.jpg": heic(),
        "document.jpg": b"%PDF-1.7\n" + whole,
        "page.png": b"<html><script>alert(1)</script></html>" + whole,
        "zeros.bmp": bytes(2_000),
    }


def harmless() -> dict[str, bytes]:
    """Return files, by name, of unusual kinds that show somebody all the same."""
    turned = Image.Exif()
    turned[0x0112] = 6
    sideways = portrait().transpose(Image.Transpose.ROTATE_90)
    return {
        "print.jpg": saved(portrait().convert("CMYK"), "JPEG"),
        "sideways.jpg": saved(sideways, "JPEG", exif=turned),
        "plain.webp": saved(portrait(), "WEBP"),
        "plain.tiff": saved(portrait(), "TIFF", compression="tiff_lzw"),
        "plain.bmp": saved(portrait(), "BMP"),
        "clear.png": saved(portrait().convert("RGBA"), "PNG"),
        "slowly.jpg": saved(portrait(), "JPEG", progressive=True),
        "with an archive.jpg": saved(portrait(), "JPEG") + b"PK\x03\x04 and what follows",
        "Zoë 山田 🙂.jpg": saved(portrait(), "JPEG", quality=90),
    }
