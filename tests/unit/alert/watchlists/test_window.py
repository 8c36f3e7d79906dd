"""How many images are under way follows how fast they come through."""

import hypothesis.strategies as st
from hypothesis import given

from lethe.alert.watchlists.window import Window

IN_TIME_MS, LATE_MS, MOST, FEWEST = 400.0, 401.0, 24, 2


def grown(outcomes: int) -> Window:
    window = Window()
    for _ in range(outcomes):
        window.came(IN_TIME_MS)
    return window


def test_at_first_each_that_came_in_time_makes_room_for_one_more_up_to_a_limit() -> None:
    assert [grown(n).size for n in (0, 1, 2, 19, 20, 99)] == [4, 5, 6, 23, 24, MOST]


def test_once_one_was_late_all_that_are_under_way_make_room_for_one_more() -> None:
    window = grown(8)
    window.came(LATE_MS)
    assert window.size == 11
    for _ in range(12):
        window.came(IN_TIME_MS)
    assert window.size == 12


def test_as_many_late_ones_as_are_under_way_halve_it() -> None:
    window = grown(99)
    for _ in range(MOST):
        window.came(LATE_MS)
    assert window.size == MOST // 2


def test_one_that_was_lost_halves_it() -> None:
    window = grown(99)
    window.lost()
    assert window.size == MOST // 2


@given(st.lists(st.sampled_from([0.0, IN_TIME_MS, LATE_MS, 5_000.0, None]), max_size=200))
def test_some_are_always_under_way_and_never_more_than_detect_lets_wait(
    outcomes: list[float | None],
) -> None:
    window = Window()
    for after_ms in outcomes:
        if after_ms is None:
            window.lost()
        else:
            window.came(after_ms)
        assert FEWEST <= window.size <= MOST
