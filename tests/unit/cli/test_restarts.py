"""When a process is started again, and when it is given up."""

from hypothesis import given
from hypothesis import strategies as st

from lethe.cli.stack.restarts import LONGEST_DELAY_S, RestartBudget


def test_the_sixth_end_within_a_minute_is_the_last() -> None:
    budget = RestartBudget()
    assert all(budget.delay_s(float(second)) is not None for second in range(5))
    assert budget.delay_s(5.0) is None
    assert budget.total == 5


def test_each_restart_waits_longer_up_to_a_limit() -> None:
    budget = RestartBudget(limit=20)
    delays = [budget.delay_s(0.0) or 0.0 for _ in range(20)]
    assert delays == sorted(delays)
    assert delays[0] < delays[1]
    assert delays[-1] == LONGEST_DELAY_S


def test_after_a_quiet_minute_the_budget_is_whole_again() -> None:
    budget = RestartBudget()
    first = budget.delay_s(0.0)
    budget.delay_s(1.0)
    assert budget.delay_s(61.5) == first


def test_what_may_not_be_restarted_is_given_up_at_once() -> None:
    assert RestartBudget(limit=0).delay_s(0.0) is None


@given(st.lists(st.floats(0, 30), max_size=60))
def test_no_minute_ever_holds_more_restarts_than_the_limit(pauses: list[float]) -> None:
    budget, now, granted = RestartBudget(), 0.0, []
    for pause in pauses:
        now += pause
        if budget.delay_s(now) is not None:
            granted.append(now)
    for start in granted:
        assert sum(start <= moment < start + 60.0 for moment in granted) <= 5
