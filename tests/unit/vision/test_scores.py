"""The provisional score map keeps the published operating point and loses nothing."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lethe.vision.scores import PROVISIONAL, ScoreMap, cosine_for_score, score_for_cosine

cosines = st.floats(-1, 1)


def test_score_060_is_cosine_050() -> None:
    assert score_for_cosine(0.50) == 0.60
    assert cosine_for_score(0.60) == 0.50
    assert PROVISIONAL.provisional


def test_the_ends_are_0_and_1_and_rounding_errors_stay_inside() -> None:
    assert [score_for_cosine(cosine) for cosine in (-1.0001, -1, 1, 1.0001)] == [0, 0, 1, 1]
    assert [cosine_for_score(score) for score in (-0.1, 0, 1, 1.1)] == [-1, -1, 1, 1]


@given(cosines, cosines)
def test_a_higher_cosine_is_a_higher_score(one: float, other: float) -> None:
    assume(other - one > 1e-9)
    assert score_for_cosine(one) < score_for_cosine(other)


@given(cosines)
def test_the_inverse_gives_the_cosine_back(cosine: float) -> None:
    score = score_for_cosine(cosine)
    assert 0 <= score <= 1
    assert cosine_for_score(score) == pytest.approx(cosine, abs=1e-12)


@pytest.mark.parametrize("knots", [((0.0, 0.0),), ((0.0, 0.5), (1.0, 0.5)), ((0.0, 0.0),) * 2])
def test_a_map_that_does_not_rise_is_refused(knots: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValueError, match="rise strictly"):
        ScoreMap(knots=knots, provisional=False)
