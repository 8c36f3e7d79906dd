from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from lethe.cli.footage.demonstration import demonstration_cameras
from lethe.cli.footage.render import Camera, draw_frames, render_camera
from lethe.cli.footage.scene import Scene
from lethe.cli.footage.walker import Walker

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def camera() -> Camera:
    """Script the demonstration's first pass alone, from the start of the file."""
    whole = demonstration_cameras()[0]
    first = whole.passes[0]
    moved = replace(first, start_s=0.0, end_s=1.5)
    return Camera("camera-1", (moved,), seed=3)


def test_frames_are_the_same_for_the_same_seed(camera: Camera) -> None:
    one = [frame.copy() for frame in islice(draw_frames(camera), 10)]
    two = [frame.copy() for frame in islice(draw_frames(camera), 10)]
    other = [frame.copy() for frame in islice(draw_frames(replace(camera, seed=4)), 10)]
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_a_person_is_drawn_where_they_are_and_nowhere_else(camera: Camera) -> None:
    scene = Scene(np.random.default_rng(1), 2.0)
    walker = Walker(camera.passes[0])
    empty = np.empty((720, 1280, 3), dtype=np.uint8)
    scene.paint(empty, 0.75)
    frame = empty.copy()
    walker.draw(frame, 0.75, scene)
    rows, columns = np.nonzero((frame != empty).any(axis=2))
    column, row = walker.centre_px(0.75)
    assert columns.mean() == pytest.approx(column, abs=25)
    assert rows.mean() == pytest.approx(row, abs=25)
    height, width = np.ptp(rows), np.ptp(columns)
    assert 150 < height < 370
    assert 100 < width < 330


def test_a_person_enters_and_leaves_at_the_scripted_times(camera: Camera) -> None:
    scene = Scene(np.random.default_rng(1), 2.0)
    one = camera.passes[0]
    walker = Walker(one)
    shown = []
    for time_s in (one.start_s, (one.start_s + one.end_s) / 2, one.end_s - 1e-6):
        empty = np.empty((720, 1280, 3), dtype=np.uint8)
        scene.paint(empty, time_s)
        frame = empty.copy()
        walker.draw(frame, time_s, scene)
        shown.append(np.count_nonzero((frame != empty).any(axis=2)))
    assert shown[1] > 20_000
    assert max(shown[0], shown[2]) < shown[1] / 20
    assert walker.present(one.start_s)
    assert not walker.present(one.end_s)


def test_light_moves_and_comes_back_when_the_file_loops() -> None:
    scene = Scene(np.random.default_rng(1), 60.0)
    levels = [scene.light_at(second, 640.0) for second in range(60)]
    assert max(levels) - min(levels) > 0.2
    assert scene.light_at(60.0, 640.0) == pytest.approx(levels[0])


def test_the_file_is_h264_at_720p_and_12_frames_with_a_keyframe_each_second(
    camera: Camera, tmp_path: Path
) -> None:
    render_camera(camera, tmp_path)
    with av.open(str(tmp_path / "camera-1.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (1280, 720)
        assert stream.average_rate == 12
        assert stream.codec_context.name == "h264"
        keys = [float(frame.time) for frame in container.decode(stream) if frame.key_frame]
    assert keys == pytest.approx([0.0, 1.0])
