"""Whoever may be a face is shown to nobody, and is counted as none."""

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.averted import averted
from tests.support.images import astronaut
from tests.support.packs import default_pack

from lethe.vision.extract import FaceExtractor
from lethe.vision.figure import figure_jpeg
from lethe.vision.regions import Region, showing_only


def beside_a_half_hidden_one() -> NDArray[np.uint8]:
    """Return somebody, and beside them somebody of whom no more than the forehead is seen."""
    whole = astronaut()[:340, 60:360]
    hidden = whole[:, 90:].copy()
    hidden[101:, :] = 90
    return np.ascontiguousarray(np.concatenate([whole[:, :230], hidden], axis=1))


def test_who_is_half_hidden_is_covered_but_neither_counted_nor_embedded() -> None:
    image = beside_a_half_hidden_one()
    with FaceExtractor(default_pack()).extract(image) as extraction:
        assert (extraction.seen, len(extraction.faces)) == (1, 1)
        [unsure] = extraction.unsure
        assert unsure.x > 230
        [other] = extraction.others(0)
        assert other is unsure
        face = extraction.faces[0]
    alone = figure_jpeg(image, face)
    assert figure_jpeg(image, face, [other]) != alone


@pytest.mark.parametrize(
    ("how", "size"),
    [
        ("behind a mask", 60),
        ("behind a mask", 70),
        ("the left half", 60),
        ("the wrong way up", 110),
    ],
)
def test_a_bystander_whom_the_detector_is_unsure_of_is_covered(how: str, size: int) -> None:
    image = np.full((340, 560, 3), 90, np.uint8)
    image[:, :300] = astronaut()[:340, 60:360]
    image[40 : 40 + size, 290 : 290 + size] = averted(how, size)
    with FaceExtractor(default_pack()).extract(image) as extraction:
        assert (extraction.seen, len(extraction.unsure)) == (1, 1)
        face, others = extraction.faces[0], extraction.others(0)
    y, x = 40 + size // 2, 290 + size // 2
    middle = np.s_[y - size // 8 : y + size // 8, x - size // 8 : x + size // 8]
    assert image[middle].reshape(-1, 3).std(axis=0).max() > 5
    with showing_only(image, Region(0, 0, 560, 340), face, others) as shown:
        assert not shown[middle].reshape(-1, 3).std(axis=0).any()
