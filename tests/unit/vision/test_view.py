"""What a camera sees, in which nobody has a face."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from tests.support.images import astronaut, group_photo, scaled
from tests.support.packs import default_pack

from lethe.vision.extract import FaceExtractor
from lethe.vision.faces import Face
from lethe.vision.loading import open_detector
from lethe.vision.stills import read_still
from lethe.vision.view import view_jpeg
from lethe.vision.yunet import DetectorSettings


def made_up(x: float, y: float, side: float) -> Face:
    eyes = [[x, y], [x + side, y], [x, y], [x, y + side], [x + side, y + side]]
    return Face(x, y, side, side, np.array(eyes, np.float32), 1.0)


def viewed(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    with FaceExtractor(default_pack()).extract(image) as extraction:
        assert extraction.is_complete
        assert extraction.everybody
        return read_still(view_jpeg(image, extraction.everybody))


def pasted(scene: NDArray[np.uint8], left: int) -> NDArray[np.uint8]:
    """Return a scene before which somebody stands, half out of it where `left` says so."""
    shown = scene.copy()
    face = astronaut()[60:260, 130:330]
    first, last = max(0, left), min(scene.shape[1], left + 200)
    shown[100:300, first:last] = face[:, first - left : last - left]
    return shown


def pictures() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    yield "one", astronaut()
    yield "six", group_photo()
    yield "six, large", scaled(group_photo(), 1.5)
    yield "six, small", scaled(group_photo(), 0.35)
    yield "on its side", np.ascontiguousarray(np.rot90(astronaut()))
    yield "mirrored", np.ascontiguousarray(group_photo()[:, ::-1])
    yield "in the dark", (group_photo() // 4).astype(np.uint8)
    tiled = np.concatenate([astronaut()[:, 100:340]] * 5, axis=1)
    yield "side by side", np.ascontiguousarray(tiled)
    blank = np.full((360, 640, 3), 100, np.uint8)
    for left in (-80, -60, 530):
        yield f"cut by the edge at {left}", pasted(blank, left)


@pytest.mark.parametrize("picture", [pytest.param(p, id=name) for name, p in pictures()])
def test_no_face_is_found_in_a_view(picture: NDArray[np.uint8]) -> None:
    shown = viewed(picture)
    assert open_detector(default_pack()).detect(shown) == []


def test_what_is_beside_a_face_is_still_seen() -> None:
    shown, whole = viewed(group_photo()), read_still(view_jpeg(group_photo(), []))
    assert shown.shape == whole.shape == (360, 520, 3)
    differing = np.abs(shown.astype(int) - whole).max(axis=2) > 40
    assert 0.01 < differing.mean() < 0.25


def test_a_covered_face_is_of_one_colour() -> None:
    noise = np.random.default_rng(5).integers(0, 256, (360, 640, 3), dtype=np.uint8)
    covered = read_still(view_jpeg(noise, [made_up(200, 100, 80)], limit_bytes=1 << 20))
    # What JPEG adds at the border isn't any of the face.
    inside = np.s_[112:176, 208:272]
    assert covered[inside].reshape(-1, 3).std(axis=0).max() < 1
    assert noise[inside].std() > 60


def test_the_picture_itself_stays_as_it_is() -> None:
    image = astronaut()
    view_jpeg(image, [made_up(200, 80, 120)])
    assert np.array_equal(image, astronaut())


def test_of_more_faces_than_are_reported_not_all_are_known() -> None:
    few = DetectorSettings(max_faces=4)
    with FaceExtractor(default_pack(), settings=few).extract(group_photo()) as extraction:
        assert not extraction.is_complete
        assert len(extraction.everybody) == 4


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 900), st.integers(1, 900)),
    limit=st.integers(2_000, 65_536),
    faces=st.lists(st.tuples(st.floats(-300, 900), st.floats(-300, 900), st.floats(1, 900))),
)
def test_it_fits_whatever_it_shows(
    shape: tuple[int, int], limit: int, faces: list[tuple[float, float, float]]
) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (*shape, 3), dtype=np.uint8)
    jpeg = view_jpeg(noise, [made_up(*face) for face in faces], limit_bytes=limit)
    assert len(jpeg) <= limit
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert picture.width <= 640
        assert picture.height <= 360
