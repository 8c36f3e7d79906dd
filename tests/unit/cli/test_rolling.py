"""When a new generation of the live topics is due."""

from hypothesis import given
from hypothesis import strategies as st

from lethe.cli.stack.rolling import ROLL_EVERY_S, ROLL_GROWTH_MB, RollingPolicy


def test_a_generation_lasts_twenty_seconds() -> None:
    policy = RollingPolicy(0.0)
    assert not policy.is_due(19.9, 50.0)
    assert policy.is_due(20.0, 50.0)
    policy.rolled(20.0, 50.0)
    assert not policy.is_due(39.9, 50.0)


def test_a_generation_is_over_earlier_when_memory_grows() -> None:
    policy = RollingPolicy(0.0)
    assert not policy.is_due(1.0, 50.0)
    assert not policy.is_due(2.0, 249.0)
    assert policy.is_due(3.0, 250.0)


def test_growth_counts_from_what_is_left_after_the_old_generation_is_gone() -> None:
    policy = RollingPolicy(0.0)
    policy.rolled(10.0, 250.0)
    assert not policy.is_due(14.0, 20.0)
    assert policy.is_due(20.0, 221.0)


@given(st.lists(st.tuples(st.floats(0.1, 5), st.floats(0, 1000)), min_size=1))
def test_memory_never_grows_by_more_than_the_limit_unnoticed(
    steps: list[tuple[float, float]],
) -> None:
    policy, now, lowest, rolled_at = RollingPolicy(0.0), 0.0, float("inf"), 0.0
    for pause, memory in steps:
        now += pause
        lowest = min(lowest, memory)
        expected = memory - lowest >= ROLL_GROWTH_MB or now - rolled_at >= ROLL_EVERY_S
        assert policy.is_due(now, memory) == expected
        if expected:
            policy.rolled(now, memory)
            rolled_at, lowest = now, memory
