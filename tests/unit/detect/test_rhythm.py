"""When the next live frame is expected."""

import math

import pytest

from lethe.detect.rhythm import Rhythm


def keeping(*moments: tuple[int, float]) -> Rhythm:
    rhythm = Rhythm()
    for lane, at_s in moments:
        rhythm.came(lane, at_s)
    return rhythm


def test_where_nothing_comes_nothing_is_expected() -> None:
    assert keeping().next_in_s(5) == math.inf


def test_after_a_first_frame_the_next_may_come_at_any_moment() -> None:
    assert keeping((0, 5.0)).next_in_s(5.01) == 0


def test_the_next_comes_as_soon_as_one_came_lately() -> None:
    rhythm = keeping((0, 5.0), (0, 5.1), (0, 5.18), (0, 5.3))
    assert rhythm.next_in_s(5.31) == pytest.approx(0.07)
    for number in range(1, 5):
        rhythm.came(0, 5.3 + number / 10)
    assert rhythm.next_in_s(5.7) == pytest.approx(0.1)


def test_the_first_of_several_lanes_counts_and_one_that_is_overdue_is_expected_now() -> None:
    rhythm = keeping((0, 5.0), (1, 5.04), (0, 5.1), (1, 5.14))
    assert rhythm.next_in_s(5.15) == pytest.approx(0.05)
    assert rhythm.next_in_s(5.21) == 0


def test_a_lane_that_fell_silent_is_forgotten_and_begins_anew() -> None:
    rhythm = keeping((0, 5.0), (0, 5.1))
    assert rhythm.next_in_s(7.2) == math.inf
    rhythm.came(0, 9.0)
    assert rhythm.next_in_s(9.01) == 0
