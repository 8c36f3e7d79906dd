"""The officers' picture: the face with a margin, upright, small enough for its message."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.support.images import astronaut
from tests.support.packs import default_pack

from lethe.vision.faces import Face
from lethe.vision.loading import open_detector
from lethe.vision.portrait import portrait_jpeg
from lethe.vision.stills import read_still


@pytest.fixture(scope="module")
def face() -> Face:
    (face,) = open_detector(default_pack()).detect(astronaut())
    return face


def size_of(jpeg: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(jpeg)) as picture:
        return picture.size


def made_up(x: float, y: float, side: float) -> Face:
    eyes = [[x, y], [x + side, y], [x, y], [x, y + side], [x + side, y + side]]
    return Face(x, y, side, side, np.array(eyes, np.float32), 1.0)


def test_the_face_is_found_in_its_portrait(face: Face) -> None:
    jpeg = portrait_jpeg(astronaut(), face)
    (found,) = open_detector(default_pack()).detect(read_still(jpeg))
    assert size_of(jpeg) == (160, 160)
    centre = (found.x + found.width / 2, found.y + found.height / 2)
    assert centre == pytest.approx((80, 80), abs=12)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_face_that_lies_on_its_side_is_put_upright(face: Face, turns: int) -> None:
    image = astronaut()
    side = image.shape[0]
    x, y, width, height = face.box
    points, box = face.landmarks, (x, y, width, height)
    for _ in range(turns):  # by 90 degrees anticlockwise, (x, y) goes to (y, side - x)
        points = np.stack([points[:, 1], side - points[:, 0]], axis=1)
        box = (box[1], side - box[0] - box[2], box[3], box[2])
    lying = Face(*box, points, face.score)
    turned = np.ascontiguousarray(np.rot90(image, turns))
    expected = read_still(portrait_jpeg(image, face)).astype(int)
    found = read_still(portrait_jpeg(turned, lying)).astype(int)
    assert np.abs(found - expected).mean() < 6


def test_a_small_face_is_not_enlarged(face: Face) -> None:
    small = replace(face, width=20.0, height=20.0)
    assert max(size_of(portrait_jpeg(astronaut(), small))) <= 38


def test_a_face_at_the_border_is_clipped() -> None:
    width, height = size_of(portrait_jpeg(astronaut(), made_up(-40, 200, 100), side=1000))
    assert width < height == 180


@settings(max_examples=25, deadline=None)
@given(
    x=st.floats(-300, 800),
    y=st.floats(-300, 800),
    side=st.floats(1, 900),
    limit=st.integers(2_000, 14_000),
)
def test_it_never_exceeds_its_limit_even_for_noise(
    x: float, y: float, side: float, limit: int
) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (480, 480, 3), dtype=np.uint8)
    jpeg = portrait_jpeg(noise, made_up(x, y, side), limit_bytes=limit)
    assert len(jpeg) <= limit
    assert 1 <= min(size_of(jpeg)) <= max(size_of(jpeg)) <= 160


def test_a_limit_that_cannot_be_kept_is_a_mistake(face: Face) -> None:
    with pytest.raises(ValueError, match="2000 bytes"):
        portrait_jpeg(astronaut(), face, limit_bytes=1_999)
