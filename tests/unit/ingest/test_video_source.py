from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from tests.support.clips import write_clip
from tests.support.reading import LONG_S, Reading, pictures

from lethe.ingest.sources import SourceEnded, SourceGarbled, SourceUnavailable
from lethe.ingest.sources.video import VideoSource

if TYPE_CHECKING:
    from pathlib import Path


def _times(source: VideoSource, limit: int = 1000) -> list[float]:
    source.open()
    times = [frame.pts_s for frame in islice(pictures(source), limit)]
    source.close()
    return times


def test_every_picture_comes_with_its_time(tmp_path: Path) -> None:
    times = _times(VideoSource(write_clip(tmp_path / "a.mp4", frames=24, fps=12)))
    assert times == pytest.approx([index / 12 for index in range(24)], abs=1e-3)


def test_pictures_are_bgr_and_upright(tmp_path: Path) -> None:
    source = VideoSource(write_clip(tmp_path / "a.mp4"))
    source.open()
    image = next(pictures(source)).image
    assert image.shape == (64, 96, 3)
    assert image.dtype == np.uint8
    left, right = image[:, :40].mean(axis=(0, 1)), image[:, 56:].mean(axis=(0, 1))
    assert left[2] > left[0] + 50
    assert right[0] > right[2] + 50
    source.close()


def test_a_phone_video_stored_sideways_is_turned(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4")
    one, none = b"\x00\x01\x00\x00", b"\x00\x00\x00\x00"
    identity = one + none * 3 + one + none * 3 + b"\x40\x00\x00\x00"
    clockwise = none + one + none + b"\xff\xff\x00\x00" + none * 4 + b"\x40\x00\x00\x00"
    data = path.read_bytes()
    track = data.index(identity, data.index(b"tkhd"))
    path.write_bytes(data[:track] + clockwise + data[track + len(clockwise) :])
    source = VideoSource(path, max_width=48)
    source.open()
    image = next(pictures(source)).image
    assert image.shape == (72, 48, 3)
    top, bottom = image[:28].mean(axis=(0, 1)), image[44:].mean(axis=(0, 1))
    assert top[2] > top[0] + 50
    assert bottom[0] > bottom[2] + 50
    source.close()


def test_a_looped_file_goes_on_with_its_times(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", frames=12, fps=12)
    times = _times(VideoSource(path, loop=True), limit=40)
    assert times == pytest.approx([index / 12 for index in range(40)], abs=2e-3)


@pytest.mark.parametrize(("max_fps", "expected"), [(6.0, 12), (4.0, 8), (5.0, 10), (30.0, 24)])
def test_the_rate_cap_leaves_the_mean_rate(tmp_path: Path, max_fps: float, expected: int) -> None:
    path = write_clip(tmp_path / "a.mp4", frames=24, fps=12)
    times = _times(VideoSource(path, max_fps=max_fps))
    assert len(times) == expected
    assert all(later > earlier for earlier, later in pairwise(times))


def test_a_stop_doesnt_wait_for_the_next_picture_that_the_cap_lets_through(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", frames=12, fps=12)
    with Reading(VideoSource(path, loop=True, max_fps=0.0001)) as reading:
        reading.until(lambda: bool(reading.images))
        assert reading.reader.stop(LONG_S)


def test_the_width_cap_keeps_the_aspect_and_even_sizes(tmp_path: Path) -> None:
    source = VideoSource(write_clip(tmp_path / "a.mp4", width=192, height=108), max_width=97)
    source.open()
    assert next(pictures(source)).image.shape == (54, 96, 3)
    source.close()


def test_garbage_midway_is_skipped_and_counted(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", frames=48)
    data = bytearray(path.read_bytes())
    media = data.index(b"mdat")
    middle = media + (len(data) - media) // 2
    data[middle : middle + 6000] = np.random.default_rng(1).bytes(6000)
    path.write_bytes(bytes(data))
    source = VideoSource(path)
    times = _times(source)
    assert source.garbled > 0
    assert 10 < len(times) < 48
    assert max(times) > 40 / 12


def test_a_file_that_was_cut_off_ends_early(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", frames=48)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    times = _times(VideoSource(path))
    assert 10 < len(times) < 40


def test_a_file_of_garbage_pictures_says_so(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", frames=8)
    data = bytearray(path.read_bytes())
    media = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[media:end] = np.random.default_rng(1).bytes(end - media)
    path.write_bytes(bytes(data))
    source = VideoSource(path, loop=True)
    source.open()
    with pytest.raises(SourceGarbled, match="no picture that can be decoded"):
        list(source.frames())
    source.close()


def test_a_file_without_pictures_says_so(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", movflags="empty_moov+frag_keyframe")
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"moof") - 4])
    source = VideoSource(path)
    source.open()
    with pytest.raises(SourceEnded, match="before its first picture"):
        list(source.frames())
    source.close()


def test_something_that_is_no_video_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("not a video at all\n" * 100, encoding="utf-8")
    with pytest.raises(SourceUnavailable) as caught:
        VideoSource(path).open()
    assert "isn't a video that can be read" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        samples = np.zeros((1, 800), dtype=np.int16)
        sound = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    with pytest.raises(SourceUnavailable, match="no video in it"):
        VideoSource(path).open()


def test_a_picture_is_overwritten_when_the_next_is_asked_for(tmp_path: Path) -> None:
    source = VideoSource(write_clip(tmp_path / "a.mp4", frames=2))
    source.open()
    frames = pictures(source)
    first = next(frames).image
    kept = first.copy()
    second = next(frames).image
    assert np.shares_memory(first, second)
    assert not np.array_equal(kept, second)
    assert next(frames, None) is None
    assert not second.any()
    source.close()


def test_closing_overwrites_the_picture(tmp_path: Path) -> None:
    source = VideoSource(write_clip(tmp_path / "a.mp4"))
    source.open()
    image = next(pictures(source)).image
    assert image.any()
    source.close()
    assert not image.any()
    source.close()


def test_a_frame_shows_no_pixels_in_its_repr(tmp_path: Path) -> None:
    source = VideoSource(write_clip(tmp_path / "a.mp4"))
    source.open()
    assert repr(next(pictures(source))) == "SourceFrame(pts_s=0.0)"
    source.close()
