"""Alignment: the similarity is exact, and the crop is OpenCV's."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.images import astronaut, group_photo
from tests.support.packs import default_pack

from lethe.vision.align import CROP_SHAPE, TEMPLATE_LANDMARKS, align_into, similarity
from lethe.vision.build import source_models
from lethe.vision.loading import open_detector


@pytest.mark.parametrize("picture", [astronaut, group_photo])
def test_crops_are_those_of_opencv(picture: type) -> None:
    image = picture()
    opencv = cv2.FaceRecognizerSF.create(str(source_models()[1]), "")
    for face in open_detector(default_pack()).detect(image):
        row = np.array([*face.box, *face.landmarks.ravel(), face.score], np.float32)
        expected = opencv.alignCrop(image, row[np.newaxis])
        crop = np.empty(CROP_SHAPE, np.uint8)
        align_into(image, face, crop)
        difference = np.abs(expected.astype(int) - crop)
        assert difference.max() <= 2
        assert difference.mean() < 0.05


@given(
    angle=st.floats(-np.pi, np.pi),
    scale=st.floats(0.05, 20),
    shift=st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)),
)
def test_a_similarity_is_found_exactly(
    angle: float, scale: float, shift: tuple[float, float]
) -> None:
    a, b = scale * np.cos(angle), scale * np.sin(angle)
    moved = TEMPLATE_LANDMARKS.astype(np.float64) @ np.array([[a, -b], [b, a]]).T + shift
    found = similarity(TEMPLATE_LANDMARKS, moved)
    np.testing.assert_allclose(found, [[a, -b, shift[0]], [b, a, shift[1]]], atol=1e-6 * 2000)


def test_landmarks_that_coincide_give_a_finite_matrix() -> None:
    assert np.isfinite(similarity(np.ones((5, 2), np.float32), TEMPLATE_LANDMARKS)).all()


def test_a_crop_overwrites_everything_that_stood_in_its_array() -> None:
    image = astronaut()
    (face,) = open_detector(default_pack()).detect(image)
    outside = face.scaled(1, 1)
    outside.landmarks[:] += 5000
    crop = np.full(CROP_SHAPE, 200, np.uint8)
    align_into(image, outside, crop)
    assert not crop.any()
