"""The second look finds the landmarks of the same face again, wherever it stands."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.images import astronaut, group_photo, scaled
from tests.support.packs import default_pack

from lethe.vision.faces import Face
from lethe.vision.loading import open_detector
from lethe.vision.refine import LandmarkRefiner


class Nobody:
    """A detector that finds no face."""

    def detect(self, image: np.ndarray) -> list[Face]:
        assert image.shape == (160, 160, 3)
        return []


@pytest.fixture(scope="module")
def refiner() -> LandmarkRefiner:
    return LandmarkRefiner(open_detector(default_pack()))


def faces_of(image: np.ndarray) -> list[Face]:
    return open_detector(default_pack()).detect(image)


def error_px(one: Face, other: Face) -> float:
    return float(np.abs(one.landmarks - other.landmarks).max())


def test_wrong_landmarks_are_put_right(refiner: LandmarkRefiner) -> None:
    image = astronaut()
    (face,) = faces_of(image)
    wrong = replace(face, landmarks=face.landmarks + np.float32(30))
    assert error_px(refiner.refine(image, wrong), face) < 0.2 * face.inter_ocular_distance


def test_each_face_of_a_group_keeps_its_own_landmarks(refiner: LandmarkRefiner) -> None:
    image = group_photo()
    for face in faces_of(image):
        refined = refiner.refine(image, face)
        assert error_px(refined, face) < 0.5 * face.inter_ocular_distance
        assert (refined.box, refined.score) == (face.box, face.score)


@pytest.mark.parametrize("scale", [0.4, 1.0, 4.0])
def test_it_works_at_every_size(refiner: LandmarkRefiner, scale: float) -> None:
    original = astronaut()
    image = scaled(original, scale)
    (face,) = faces_of(original)
    expected = refiner.refine(original, face).scaled(scale, scale)
    found = refiner.refine(image, face.scaled(scale, scale))
    assert error_px(found, expected) < 0.2 * expected.inter_ocular_distance


def test_a_face_cut_by_the_border_is_found_where_it_is(refiner: LandmarkRefiner) -> None:
    image = astronaut()
    (face,) = faces_of(image)
    left, top = 190, 80
    cut = Face(
        face.x - left, face.y - top, face.width, face.height,
        face.landmarks - np.array([left, top], np.float32), face.score,
    )  # fmt: skip
    refined = refiner.refine(np.ascontiguousarray(image[top:, left:]), cut)
    assert refined is not cut
    assert error_px(refined, cut) < 0.15 * face.inter_ocular_distance


def test_a_face_that_is_not_found_again_stays_as_it_was() -> None:
    image = astronaut()
    (face,) = faces_of(image)
    assert LandmarkRefiner(Nobody()).refine(image, face) is face


def test_another_face_nearby_is_not_taken_for_it(refiner: LandmarkRefiner) -> None:
    image = astronaut()
    (face,) = faces_of(image)
    beside = replace(face, x=face.x + 0.8 * face.width)
    assert refiner.refine(image, beside) is beside


@settings(deadline=None, max_examples=200)
@given(
    x=st.floats(-2000, 2000),
    y=st.floats(-2000, 2000),
    width=st.floats(0.01, 3000),
    height=st.floats(0.01, 3000),
)
def test_no_box_however_odd_breaks_it(x: float, y: float, width: float, height: float) -> None:
    face = Face(x, y, width, height, np.zeros((5, 2), np.float32), 1.0)
    image = np.zeros((90, 120, 3), np.uint8)
    assert LandmarkRefiner(Nobody()).refine(image, face) is face


def test_nothing_of_the_face_stays(refiner: LandmarkRefiner) -> None:
    image = astronaut()
    refiner.refine(image, faces_of(image)[0])
    assert not refiner._look.any()
