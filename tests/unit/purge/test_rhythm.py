"""purge listens while tickets come, and rests until the next ones."""

import pytest
from tests.support.clocks import FakeClock, TrueTime

from lethe.purge.rhythm import Rhythm

EVERY_MS = 600


def rest_ms(into_ms: float, served_ms_ago: float) -> float:
    """Return for how long it rests, so long after tickets were sent."""
    clock = FakeClock(TrueTime())
    clock.time.advance_ms(EVERY_MS - clock.wall_us() / 1000 % EVERY_MS + into_ms)
    served_us = clock.boot_us() - round(served_ms_ago * 1000)
    return Rhythm(clock, EVERY_MS, lambda: served_us).rest_s() * 1000


def test_it_waits_for_tickets() -> None:
    assert rest_ms(20, served_ms_ago=550) == 0
    assert rest_ms(299, served_ms_ago=5_000) == 0


def test_it_rests_until_the_next_are_there_once_it_has_them() -> None:
    assert rest_ms(40, served_ms_ago=0) == pytest.approx(575)
    assert rest_ms(40, served_ms_ago=20) == pytest.approx(575)


def test_it_rests_until_the_next_where_they_dont_come() -> None:
    assert rest_ms(350, served_ms_ago=5_000) == pytest.approx(265)


def test_it_rests_a_little_while_they_are_on_their_way() -> None:
    assert rest_ms(5, served_ms_ago=580) == pytest.approx(10)


@pytest.mark.parametrize("into_ms", range(0, EVERY_MS, 30))
@pytest.mark.parametrize("served_ms_ago", [0, 30, 590, 10_000])
def test_it_never_rests_for_longer_than_until_the_next_are_there(
    into_ms: int, served_ms_ago: int
) -> None:
    assert 0 <= rest_ms(into_ms, served_ms_ago) <= EVERY_MS + 15
