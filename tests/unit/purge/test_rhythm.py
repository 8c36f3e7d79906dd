"""purge listens while tickets come, and rests for the rest of a slot."""

import pytest
from tests.support.clocks import FakeClock, TrueTime

from lethe.purge.rhythm import Rhythm

SLOT_MS = 200


def rest_ms(into_ms: float, served_ms_ago: float) -> float:
    """Return for how long it rests at a moment of a slot."""
    clock = FakeClock(TrueTime())
    clock.time.advance_ms(SLOT_MS - clock.wall_us() / 1000 % SLOT_MS + into_ms)
    served_us = clock.boot_us() - round(served_ms_ago * 1000)
    return Rhythm(clock, SLOT_MS, lambda: served_us).rest_s() * 1000


def test_it_waits_for_the_tickets_of_a_slot() -> None:
    assert rest_ms(20, served_ms_ago=150) == 0
    assert rest_ms(119, served_ms_ago=5_000) == 0


def test_it_rests_until_tickets_of_the_next_slot_are_there_once_it_has_them() -> None:
    assert rest_ms(40, served_ms_ago=0) == pytest.approx(175)
    assert rest_ms(40, served_ms_ago=20) == pytest.approx(175)


def test_it_rests_until_the_next_slot_where_tickets_dont_come() -> None:
    assert rest_ms(150, served_ms_ago=5_000) == pytest.approx(65)


def test_it_rests_a_little_at_the_beginning_of_a_slot() -> None:
    assert rest_ms(5, served_ms_ago=180) == pytest.approx(10)


@pytest.mark.parametrize("into_ms", range(0, SLOT_MS, 10))
@pytest.mark.parametrize("served_ms_ago", [0, 30, 190, 10_000])
def test_it_never_rests_for_longer_than_a_slot_and_its_beginning(
    into_ms: int, served_ms_ago: int
) -> None:
    assert 0 <= rest_ms(into_ms, served_ms_ago) <= SLOT_MS + 15
