from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.contracts.cameras import LONGEST_SIDE_PX, MOST_FRAME_PIXELS
from lethe.ingest.sources.cap import RateCap, capped_size


@given(
    st.lists(st.floats(0.001, 5.0), min_size=1, max_size=200),
    st.floats(0.5, 30.0),
)
def test_no_stretch_of_time_has_more_frames_than_the_cap(gaps: list[float], cap: float) -> None:
    limiter = RateCap(cap)
    now_s, kept = 0.0, []
    for gap in gaps:
        now_s += gap
        if limiter.admits(now_s):
            kept.append(now_s)
    for first, start_s in enumerate(kept):
        for count, end_s in enumerate(kept[first:], start=1):
            # One frame at each end, and one that a late frame before them may have lent.
            assert count <= (end_s - start_s + 0.004) * cap + 2.001


@given(st.floats(1.0, 60.0), st.floats(0.5, 60.0))
def test_a_steady_stream_keeps_the_lower_of_both_rates(rate: float, cap: float) -> None:
    limiter = RateCap(cap)
    kept = sum(limiter.admits(index / rate) for index in range(int(rate * 20)))
    assert kept == pytest.approx(20 * min(rate, cap), rel=0.06, abs=2)


def test_without_a_cap_everything_is_kept() -> None:
    limiter = RateCap(None)
    assert all(limiter.admits(index / 1000) for index in range(100))


@pytest.mark.parametrize("max_fps", [0.0, -1.0])
def test_a_cap_that_isnt_positive_is_refused(max_fps: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        RateCap(max_fps)


@given(st.integers(2, 8000), st.integers(2, 8000), st.integers(2, 4000))
def test_sizes_are_even_within_the_cap_and_never_larger(
    width: int, height: int, max_width: int
) -> None:
    capped = capped_size(width, height, max_width)
    assert capped[0] * capped[1] <= MOST_FRAME_PIXELS
    assert max(capped) <= LONGEST_SIDE_PX
    if capped == (width, height):
        assert width <= max_width
        return
    assert capped[0] % 2 == capped[1] % 2 == 0
    assert 2 <= capped[0] <= max_width
    assert capped[1] <= height * capped[0] / width + 2.0


@pytest.mark.parametrize(
    ("width", "height"), [(1920, 1440), (1280, 2276), (1080, 1920), (1280, 720), (1920, 1080)]
)
def test_an_upright_or_square_picture_keeps_its_aspect(width: int, height: int) -> None:
    capped = capped_size(width, height, 1920)
    assert capped[0] / capped[1] == pytest.approx(width / height, rel=0.01)


def test_a_thread_of_a_picture_is_cut_down_to_what_a_jpeg_can_be() -> None:
    assert max(capped_size(100, 66_000, None)) <= LONGEST_SIDE_PX
    assert max(capped_size(66_000, 10, None)) <= LONGEST_SIDE_PX
