"""YuNet through ONNX Runtime finds what OpenCV's own FaceDetectorYN finds."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.images import astronaut, group_photo, resized, scaled
from tests.support.packs import default_pack

from lethe.vision.build import source_models
from lethe.vision.faces import Face
from lethe.vision.yunet import DetectorSettings, YuNetDetector, overlap


@pytest.fixture(scope="module")
def detector() -> YuNetDetector:
    return YuNetDetector(default_pack().detector_path)


def opencv_faces(image: np.ndarray) -> np.ndarray:
    """Rows of box, landmarks and score, as OpenCV reports them, from left to right."""
    original, _ = source_models()
    size = (image.shape[1], image.shape[0])
    reference = cv2.FaceDetectorYN.create(str(original), "", size, 0.6, 0.3, 5000)
    _, rows = reference.detect(image)
    assert rows is not None
    return rows[rows[:, 0].argsort()]


def as_row(face: Face) -> np.ndarray:
    return np.array([*face.box, *face.landmarks.ravel(), face.score])


@pytest.mark.parametrize("size", [(640, 360), (333, 270), (640, 384)])
def test_it_agrees_with_opencv(size: tuple[int, int]) -> None:
    image = resized(group_photo(), size)
    settings = DetectorSettings(size=size)
    faces = YuNetDetector(default_pack().detector_path, settings=settings).detect(image)
    expected = opencv_faces(image)
    assert len(expected) == 6
    for face, row in zip(sorted(faces, key=lambda face: face.x), expected, strict=True):
        np.testing.assert_allclose(as_row(face), row, atol=1e-2)


def test_boxes_and_landmarks_are_in_pixels_of_the_given_image(detector: YuNetDetector) -> None:
    image = group_photo()
    large = scaled(image, 2)
    for small_face, large_face in zip(
        sorted(detector.detect(image), key=lambda face: face.x),
        sorted(detector.detect(large), key=lambda face: face.x),
        strict=True,
    ):
        np.testing.assert_allclose(
            as_row(large_face)[:-1], as_row(small_face.scaled(2, 2))[:-1], atol=12
        )


def test_an_image_smaller_than_the_detection_size_is_not_enlarged(
    detector: YuNetDetector,
) -> None:
    small = resized(astronaut(), (160, 160))
    (face,) = detector.detect(small)
    np.testing.assert_allclose(as_row(face), opencv_faces(small)[0], atol=1e-2)


def test_faces_come_best_first(detector: YuNetDetector) -> None:
    scores = [face.score for face in detector.detect(group_photo())]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 6


def test_no_more_faces_than_allowed_are_reported() -> None:
    settings = DetectorSettings(max_faces=2)
    detector = YuNetDetector(default_pack().detector_path, settings=settings)
    assert len(detector.detect(group_photo())) == 2


def test_an_image_without_a_face_gives_none(detector: YuNetDetector) -> None:
    assert detector.detect(np.full((90, 3, 3), 128, np.uint8)) == []


def test_the_reduced_image_is_gone_after_detection_and_the_image_is_untouched(
    detector: YuNetDetector,
) -> None:
    image = group_photo()
    detector.detect(image)
    assert detector._plan is not None
    memory = detector._plan.memory
    assert not memory.array((memory.size_bytes,), np.uint8).any()
    np.testing.assert_array_equal(image, group_photo())


def test_images_of_different_sizes_in_turn_give_the_same_as_alone(
    detector: YuNetDetector,
) -> None:
    alone = [as_row(face) for face in detector.detect(group_photo())]
    detector.detect(astronaut())
    again = [as_row(face) for face in detector.detect(group_photo())]
    np.testing.assert_array_equal(alone, again)


def box(x: float, y: float, width: float, height: float) -> Face:
    return Face(x, y, width, height, np.zeros((5, 2), np.float32), 1.0)


sides = st.floats(1, 500)
boxes = st.builds(box, st.floats(-500, 500), st.floats(-500, 500), sides, sides)


@given(boxes, boxes)
def test_overlap_is_symmetric_and_between_0_and_1(one: Face, other: Face) -> None:
    assert overlap(one, other) == pytest.approx(overlap(other, one))
    assert 0 <= overlap(one, other) <= 1 + 1e-9
    assert overlap(one, one) == pytest.approx(1)


def test_overlap_of_halves_is_a_third() -> None:
    assert overlap(box(0, 0, 2, 2), box(1, 0, 2, 2)) == pytest.approx(1 / 3)


def test_a_face_says_nothing_of_its_landmarks_in_its_repr() -> None:
    assert "landmarks" not in repr(box(0, 0, 1, 1))


def test_the_inter_ocular_distance_follows_the_scale() -> None:
    landmarks = np.array([[0, 0], [3, 4], [0, 0], [0, 0], [0, 0]], np.float32)
    face = Face(0, 0, 5, 5, landmarks, 1.0)
    assert face.inter_ocular_distance == pytest.approx(5)
    assert face.scaled(2, 2).inter_ocular_distance == pytest.approx(10)
    assert face.scaled(2, 3).box == (0, 0, 10, 15)
