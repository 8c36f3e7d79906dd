import pytest

from lethe.alert.web.rates import Rates


class Clock:
    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def allowed(rates: Rates, key: str, times: int) -> int:
    return sum(rates.allows(key) for _ in range(times))


def test_a_burst_is_allowed_and_then_what_time_brings() -> None:
    clock = Clock()
    rates = Rates(2, 5, clock)
    assert allowed(rates, "a", 9) == 5
    clock.s += 1
    assert allowed(rates, "a", 9) == 2
    clock.s += 3_600
    assert allowed(rates, "a", 9) == 5


def test_each_key_has_its_own() -> None:
    rates = Rates(1, 2, Clock())
    assert [allowed(rates, key, 3) for key in ("a", "b")] == [2, 2]


@pytest.mark.parametrize("burst", [1, 3, 7, 100])
def test_what_was_refused_costs_nothing(burst: int) -> None:
    clock = Clock()
    rates = Rates(3, burst, clock)
    assert allowed(rates, "a", burst + 1_000) == burst
    clock.s += 1 / 3
    assert allowed(rates, "a", 5) == 1


def test_keys_that_are_quiet_are_forgotten() -> None:
    clock = Clock()
    rates = Rates(1, 1, clock)
    for number in range(25_000):
        clock.s += 0.001
        assert rates.allows(number)
    assert len(rates._full_at_s) < 15_000
