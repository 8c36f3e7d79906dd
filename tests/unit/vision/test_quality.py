"""The quality gate gives each bad face its reason, and lets good ones through."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.support.images import astronaut, group_photo, scaled
from tests.support.packs import default_pack

from lethe.vision.align import CROP_SHAPE, align_into
from lethe.vision.faces import Face
from lethe.vision.loading import open_detector
from lethe.vision.quality import DiscardReason, QualityGate, sharpness, yaw_asymmetry


@pytest.fixture(scope="module")
def face() -> Face:
    (face,) = open_detector(default_pack()).detect(astronaut())
    return face


def with_nose_at(face: Face, share: float) -> Face:
    """Give the face with its nose at a share of the way from one eye to the other."""
    landmarks = face.landmarks.copy()
    landmarks[2] = landmarks[0] + share * (landmarks[1] - landmarks[0])
    return replace(face, landmarks=landmarks)


def blurred(image: NDArray[np.uint8], face: Face, share: float) -> NDArray[np.uint8]:
    soft = cv2.GaussianBlur(image, (0, 0), share * face.inter_ocular_distance)
    return np.asarray(soft, dtype=np.uint8)


def judged(image: NDArray[np.uint8], face: Face) -> DiscardReason | None:
    """Judge a face as a frame's are: first what the detector says, then the crop."""
    gate, crop = QualityGate(), np.empty(CROP_SHAPE, np.uint8)
    align_into(image, face, crop)
    return gate.judge_face(face, image.shape) or gate.judge_crop(crop)


def test_sharp_frontal_faces_pass() -> None:
    image = group_photo()
    faces = open_detector(default_pack()).detect(image)
    assert [judged(image, face) for face in faces] == [None] * 6


def test_a_sharp_face_at_the_smallest_size_passes_and_below_it_is_too_small(face: Face) -> None:
    image = astronaut()
    for pixels, reason in ((16.5, None), (15.5, DiscardReason.TOO_SMALL)):
        scale = pixels / face.inter_ocular_distance
        small = scaled(image, scale)
        assert judged(small, face.scaled(scale, scale)) == reason


def test_an_uncertain_face_is_discarded_for_its_score(face: Face) -> None:
    uncertain = replace(face, score=0.69)
    assert judged(astronaut(), uncertain) == DiscardReason.LOW_SCORE


def test_a_blurred_face_is_discarded_and_a_slightly_soft_one_is_not(face: Face) -> None:
    image = astronaut()
    assert judged(blurred(image, face, 0.03), face) is None
    assert judged(blurred(image, face, 0.15), face) == DiscardReason.BLURRED


@pytest.mark.parametrize("angle", [0, 45, 90, 135])
def test_a_face_that_moved_during_the_exposure_is_discarded(face: Face, angle: int) -> None:
    length = round(0.5 * face.inter_ocular_distance) | 1
    path = np.zeros((length, length), np.float32)
    path[length // 2] = 1
    centre = (length // 2, length // 2)
    path = cv2.warpAffine(path, cv2.getRotationMatrix2D(centre, angle, 1), (length, length))  # type: ignore[assignment]
    smeared = np.asarray(cv2.filter2D(astronaut(), -1, path / path.sum()), dtype=np.uint8)
    assert judged(smeared, face) == DiscardReason.BLURRED


def test_a_face_turned_to_profile_is_discarded_to_either_side(face: Face) -> None:
    for share in (1.2, -0.2):
        turned = with_nose_at(face, share)
        assert judged(astronaut(), turned) == DiscardReason.POSE


def test_a_face_without_two_eyes_is_discarded(face: Face) -> None:
    landmarks = np.ones((5, 2), np.float32)
    gate = QualityGate(min_inter_ocular_px=0)
    reason = gate.judge_face(replace(face, landmarks=landmarks), astronaut().shape)
    assert reason == DiscardReason.POSE


def test_a_face_whose_landmarks_lie_at_the_edge_or_beyond_is_cut(face: Face) -> None:
    gate = QualityGate()
    height, width = astronaut().shape[:2]
    for margin, reason in ((0.25, None), (0.15, DiscardReason.CUT), (-0.5, DiscardReason.CUT)):
        least = margin * face.inter_ocular_distance
        nearest, farthest = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
        for at in (least - nearest, np.array((width, height)) - least - farthest):
            moved = replace(face, landmarks=(face.landmarks + at).astype(np.float32))
            assert gate.judge_face(moved, (height, width)) == reason


@given(angle=st.floats(-np.pi, np.pi), scale=st.floats(0.1, 10), share=st.floats(-0.5, 1.5))
def test_yaw_is_the_same_at_every_roll_and_size(angle: float, scale: float, share: float) -> None:
    eyes = np.array([[0, 0], [40, 0], [40 * share, 25], [10, 50], [30, 50]])
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    face = Face(0, 0, 1, 1, (eyes @ turn).astype(np.float32), 1.0)
    assert yaw_asymmetry(face) == pytest.approx(abs(2 * share - 1), abs=1e-3)


def test_sharpness_hardly_depends_on_contrast(face: Face) -> None:
    crop = np.empty(CROP_SHAPE, np.uint8)
    align_into(astronaut(), face, crop)
    faint = (96 + crop * 0.3).astype(np.uint8)
    assert sharpness(faint) == pytest.approx(sharpness(crop), rel=0.1)


def test_a_flat_crop_has_no_sharpness() -> None:
    assert sharpness(np.full(CROP_SHAPE, 77, np.uint8)) == 0
