"""Whoever may be a face is shown to nobody, and is counted as none."""

import numpy as np
from numpy.typing import NDArray
from tests.support.images import astronaut
from tests.support.packs import default_pack

from lethe.vision.extract import FaceExtractor
from lethe.vision.figure import figure_jpeg


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
