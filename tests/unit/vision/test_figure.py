"""The upper body below a face, in which everybody else's face is covered."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.support.images import astronaut
from tests.support.packs import default_pack

from lethe.vision.faces import Face
from lethe.vision.figure import figure_jpeg
from lethe.vision.loading import open_detector
from lethe.vision.portrait import portrait_jpeg
from lethe.vision.regions import Region, showing_only
from lethe.vision.stills import read_still


def made_up(x: float, y: float, side: float) -> Face:
    eyes = [[x, y], [x + side, y], [x, y], [x, y + side], [x + side, y + side]]
    return Face(x, y, side, side, np.array(eyes, np.float32), 1.0)


@pytest.fixture(scope="module")
def face() -> Face:
    (face,) = open_detector(default_pack()).detect(astronaut())
    return face


def test_the_face_is_in_the_upper_part_of_the_figure(face: Face) -> None:
    shown = read_still(figure_jpeg(astronaut(), face))
    (found,) = open_detector(default_pack()).detect(shown)
    height, width = shown.shape[:2]
    assert height > width
    assert found.y + found.height / 2 < 0.4 * height


def test_two_who_stand_side_by_side_are_shown_one_face_each(face: Face) -> None:
    # Side by side as in a crowd: the second face is where the first one's shoulder is.
    step = round(1.3 * face.width)
    canvas = np.ascontiguousarray(np.concatenate([astronaut()[:, :300], astronaut()[:, :300]], 1))
    left, right = sorted(open_detector(default_pack()).detect(canvas), key=lambda f: f.x)
    assert right.x - left.x > step
    near = np.ascontiguousarray(canvas[:, 150:450])
    pair = [made_up(40, 100, 60), made_up(100, 110, 60)]
    with showing_only(near, Region(0, 50, 200, 300), pair[0], pair[1:]) as shown:
        # Beside the face that is shown, the other one is of one colour.
        hidden = shown[60:110, 101:160].reshape(-1, 3)
        assert len(np.unique(hidden, axis=0)) == 1
        assert np.array_equal(shown[50:110, 40:100], near[100:160, 40:100])
    assert not shown.any(), "the copy is overwritten"


def test_who_stands_elsewhere_costs_no_copy(face: Face) -> None:
    image = astronaut()
    region = Region.around(image.shape, face.box, 1.8)
    with showing_only(image, region, face, [made_up(480, 480, 20)]) as shown:
        assert np.shares_memory(shown, image)
    assert image.any()


def test_the_image_itself_stays_as_it_is(face: Face) -> None:
    image = astronaut()
    before = image.copy()
    neighbour = made_up(face.x + face.width, face.y, face.width)
    figure_jpeg(image, face, [neighbour])
    portrait_jpeg(image, face, [neighbour])
    assert np.array_equal(image, before)


def test_a_neighbour_in_the_margin_is_covered_in_the_portrait_too(face: Face) -> None:
    neighbour = made_up(face.x + face.width, face.y, face.width)
    alone, beside = (
        read_still(portrait_jpeg(astronaut(), face, others)).astype(int)
        for others in ((), (neighbour,))
    )
    middle = slice(60, 100)
    assert np.abs(alone - beside)[middle, middle].mean() < 2
    assert np.abs(alone - beside)[middle, 150:].mean() > 10


@settings(max_examples=25, deadline=None)
@given(
    x=st.floats(-300, 800),
    y=st.floats(-300, 800),
    side=st.floats(1, 900),
    limit=st.integers(2_000, 14_000),
    others=st.lists(st.tuples(st.floats(-300, 800), st.floats(-300, 800), st.floats(1, 900))),
)
def test_it_never_exceeds_its_limit_whoever_stands_where(
    x: float, y: float, side: float, limit: int, others: list[tuple[float, float, float]]
) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (480, 480, 3), dtype=np.uint8)
    neighbours = [made_up(*other) for other in others]
    jpeg = figure_jpeg(noise, made_up(x, y, side), neighbours, limit_bytes=limit)
    assert len(jpeg) <= limit
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert 1 <= min(picture.size) <= max(picture.size) <= 208
