"""Percentiles of a histogram against those of the sorted list."""

import math

import hypothesis.strategies as st
from hypothesis import given

from lethe.purge.histogram import Histogram

_VALUES = st.lists(st.floats(0, 60_000), min_size=1)


@given(_VALUES, st.floats(0, 100))
def test_a_percentile_is_never_understated_nor_more_than_a_bucket_too_high(
    values: list[float], percent: float
) -> None:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    rank = max(1, math.ceil(len(values) * percent / 100))
    exact = sorted(values)[rank - 1]
    told = histogram.percentile(percent)
    assert told is not None
    assert told >= exact - 0.05
    assert told <= (exact + 1.05 if exact < 10_000 else max(values) + 0.05)


@given(_VALUES)
def test_the_maximum_is_exact(values: list[float]) -> None:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    assert histogram.summary({"p50": 50.0})["max"] == round(max(values), 1)
    assert histogram.total == len(values)
    assert histogram.percentile(100) is not None


def test_an_empty_histogram_knows_nothing() -> None:
    assert Histogram().summary({"p50": 50.0}) == {"p50": None, "max": None}


def test_a_negative_age_counts_as_none() -> None:
    histogram = Histogram()
    histogram.add(-5.0)
    assert histogram.summary({"p50": 50.0}) == {"p50": 0.0, "max": 0.0}
