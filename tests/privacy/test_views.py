"""In views of the demonstration nobody has a face, wherever they walk."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.detect_bench import DetectBench
from tests.support.forgetting import local_trust
from tests.support.images import scaled
from tests.support.packs import default_pack

from lethe.cli.footage.demonstration import demonstration_cameras
from lethe.cli.footage.render import Camera
from lethe.cli.footage.script import FRAMES_PER_S, WIDTH_PX
from lethe.cli.footage.walker import Walker
from lethe.cli.home import find_home
from lethe.contracts.view import VIEW_BYTES
from lethe.vision.loading import open_detector
from lethe.vision.stills import read_still
from lethe.vision.view import view_jpeg

_STEP = 9
"""Frames from one view to the next: 750 ms."""
_FLAT = 8.0
"""What JPEG makes of a patch of one colour."""


@pytest.fixture(name="bench", scope="module")
def bench_(tmp_path_factory: pytest.TempPathFactory) -> DetectBench:
    return DetectBench(local_trust(tmp_path_factory.mktemp("trust")))


def frames(camera: Camera) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Give every so many frames of a camera, with their times in seconds."""
    video = cv2.VideoCapture(str(find_home().demonstration / f"{camera.name}.mp4"))
    number = 0
    while True:
        is_there, image = video.read()
        if not is_there:
            break
        if number % _STEP == 0:
            yield number / FRAMES_PER_S, np.asarray(image, np.uint8)
        number += 1
    assert number > 0


def view_of(bench: DetectBench, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what alert is sent of a frame."""
    bench.time.advance_ms(1000 * _STEP / FRAMES_PER_S)
    for holder in (*bench.holders.values(), bench.alert):
        holder.release_all()
    bench.run_watched_slot()
    view = bench.frames.process(*bench.frame(image)).view
    assert view is not None
    return read_still(bench.looked_at(view))


def patch(shown: NDArray[np.uint8], x: int, y: int) -> float:
    """Return how much colours differ around a place."""
    face = shown[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3)
    return float(face.std(axis=0).max())


@pytest.mark.parametrize("camera", demonstration_cameras(), ids=lambda camera: camera.name)
def test_nobody_who_passes_has_a_face(bench: DetectBench, camera: Camera) -> None:
    walkers = [Walker(each) for each in camera.passes]
    detector, people, recognisable = open_detector(default_pack()), 0, 0
    for time_s, image in frames(camera):
        shown, bare = (
            view_of(bench, image),
            read_still(view_jpeg(image, [], limit_bytes=VIEW_BYTES)),
        )
        assert detector.detect(shown) == []
        assert detector.detect(scaled(shown, 2)) == []
        reduced = shown.shape[1] / WIDTH_PX
        for walker in walkers:
            x, y = (round(value * reduced) for value in walker.centre_px(time_s))
            if walker.present(time_s) and 3 <= x < shown.shape[1] - 3:
                people += 1
                assert patch(shown, x, y) < _FLAT, f"{camera.name}, {time_s:.2f} s"
                recognisable += patch(bare, x, y) >= _FLAT
    assert people > 50
    assert recognisable > people / 2, "uncovered faces pass for flat as well"
