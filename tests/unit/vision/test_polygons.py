"""Masks blacken every pixel of theirs, and zones hold what lies in them."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from lethe.vision.faces import Face
from lethe.vision.polygons import blank, contains, faces_within

LEFT = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]
_SHARE = st.floats(0, 1)
_TRIANGLE = st.lists(st.tuples(_SHARE, _SHARE), min_size=3, max_size=3)


def white(width: int = 64, height: int = 48) -> np.ndarray:
    return np.full((height, width, 3), 255, np.uint8)


def test_a_mask_blackens_its_part_and_leaves_the_rest() -> None:
    image = white()
    blank(image, [LEFT])
    assert not image[:, :33].any()
    assert (image[:, 36:] == 255).all()


def test_several_masks_may_overlap() -> None:
    image = white()
    blank(image, [LEFT, [(0.25, 0.0), (1.0, 0.0), (1.0, 1.0), (0.25, 1.0)]])
    assert not image.any()


def test_no_mask_changes_nothing() -> None:
    image = white()
    blank(image, [])
    assert (image == 255).all()


@given(_TRIANGLE, st.integers(8, 90), st.integers(8, 90))
def test_every_pixel_whose_centre_lies_in_a_mask_is_black(
    triangle: list[tuple[float, float]], width: int, height: int
) -> None:
    image = white(width, height)
    blank(image, [triangle])
    for row in range(height):
        for column in range(width):
            if contains(triangle, (column + 0.5) / width, (row + 0.5) / height):
                assert not image[row, column].any()


def test_nothing_lies_in_a_polygon_without_corners() -> None:
    assert not contains([], 0.5, 0.5)
    assert contains(LEFT, 0.5, 0.5), "the edge belongs to it"
    assert not contains(LEFT, 0.51, 0.5)


def face_at(x: float, y: float, size: float = 20) -> Face:
    return Face(x - size / 2, y - size / 2, size, size, np.zeros((5, 2), np.float32), 0.9)


def test_the_centre_of_a_face_decides() -> None:
    inside, outside = face_at(99, 50), face_at(101, 50)
    assert faces_within(LEFT, [inside, outside], (100, 200, 3)) == [inside]
