from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image
from tests.support.clips import striped
from tests.support.reading import pictures

from lethe.ingest.sources import SourceGarbled, SourceUnavailable
from lethe.ingest.sources.stills import StillsSource

if TYPE_CHECKING:
    from pathlib import Path

_ORIENTATION = 0x0112


def _put(folder: Path, name: str, level: int = 200, width: int = 96, height: int = 64) -> None:
    folder.mkdir(exist_ok=True)
    assert cv2.imwrite(str(folder / name), striped(level, width, height))


def test_stills_come_in_natural_order_at_the_given_rate(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        _put(tmp_path, f"frame{number}.png", level=number * 10)
    source = StillsSource(tmp_path, fps=4)
    source.open()
    seen = [(frame.pts_s, int(frame.image[0, 0, 2])) for frame in pictures(source)]
    assert seen == [(0.0, 10), (0.25, 20), (0.5, 100)]
    source.close()


def test_unreadable_and_huge_files_are_skipped_and_counted(tmp_path: Path) -> None:
    _put(tmp_path, "1.png")
    (tmp_path / "2.jpg").write_bytes(b"no picture")
    _put(tmp_path, "3.png", width=400, height=400)
    _put(tmp_path, "4.jpg")
    data = (tmp_path / "4.jpg").read_bytes()
    (tmp_path / "5.jpg").write_bytes(data[: len(data) // 2])
    (tmp_path / "notes.txt").write_text("not listed", encoding="utf-8")
    source = StillsSource(tmp_path, max_pixels=100_000)
    source.open()
    assert [frame.pts_s for frame in pictures(source)] == pytest.approx([0.0, 0.6])
    assert source.garbled == 3
    source.close()


def test_a_file_of_another_format_than_its_name_says_is_skipped_and_counted(
    tmp_path: Path,
) -> None:
    _put(tmp_path, "1.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "2.dds")
    texture = bytearray((tmp_path / "2.dds").read_bytes())
    # A pixel format by name that nobody knows.
    texture[80:88] = b"\x04\0\0\0NONE"
    (tmp_path / "2.png").write_bytes(texture)
    _put(tmp_path, "3.png")
    source = StillsSource(tmp_path)
    source.open()
    assert [frame.pts_s for frame in pictures(source)] == pytest.approx([0.0, 0.4])
    assert source.garbled == 1
    source.close()


def test_exif_orientation_turns_the_picture(tmp_path: Path) -> None:
    picture = Image.fromarray(striped(220)[:, :, ::-1].copy())
    exif = Image.Exif()
    exif[_ORIENTATION] = 6  # to be turned clockwise for display
    picture.save(tmp_path / "a.jpg", exif=exif, quality=95)
    source = StillsSource(tmp_path)
    source.open()
    image = next(pictures(source)).image
    assert image.shape == (96, 64, 3)
    assert image[10, 32, 2] > image[10, 32, 0] + 50
    assert image[86, 32, 0] > image[86, 32, 2] + 50
    source.close()


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "RGBA", "1", "LA"])
def test_every_common_pixel_format_is_read(tmp_path: Path, mode: str) -> None:
    suffix = "tif" if mode == "CMYK" else "png"
    Image.new("RGB", (32, 16), (200, 200, 200)).convert(mode).save(tmp_path / f"a.{suffix}")
    source = StillsSource(tmp_path)
    source.open()
    image = next(pictures(source)).image
    assert image.shape == (16, 32, 3)
    assert image.mean() == pytest.approx(200, abs=56)
    source.close()


def test_looping_goes_on_with_the_times_and_the_caps_hold(tmp_path: Path) -> None:
    for number in range(4):
        _put(tmp_path, f"{number}.png", width=200, height=100)
    source = StillsSource(tmp_path, fps=4, loop=True, max_fps=2, max_width=100)
    source.open()
    frames = pictures(source)
    seen = [(frame.pts_s, frame.image.shape) for frame, _ in zip(frames, range(4), strict=False)]
    assert seen == [(time_s, (50, 100, 3)) for time_s in (0.0, 0.5, 1.0, 1.5)]
    source.close()


def test_a_loop_goes_on_over_rounds_of_which_the_cap_leaves_nothing(tmp_path: Path) -> None:
    _put(tmp_path, "1.png")
    source = StillsSource(tmp_path, fps=4, loop=True, max_fps=1)
    source.open()
    seen = [frame.pts_s for frame, _ in zip(pictures(source), range(3), strict=False)]
    assert seen == [0.0, 1.0, 2.0]
    source.close()


def test_a_folder_of_garbage_doesnt_loop_for_ever(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"no picture")
    source = StillsSource(tmp_path, loop=True)
    source.open()
    with pytest.raises(SourceGarbled, match="no picture that can be read"):
        list(source.frames())


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="no pictures in it"):
        StillsSource(tmp_path).open()


def test_closing_overwrites_the_picture(tmp_path: Path) -> None:
    _put(tmp_path, "1.png", width=200, height=100)
    source = StillsSource(tmp_path, max_width=100)
    source.open()
    image = next(pictures(source)).image
    assert image.any()
    source.close()
    assert not image.any()
    assert not np.any(source._reader._bgr.shaped(100, 200))
