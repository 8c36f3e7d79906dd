"""A wall clock by itself ends no watchlist."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from tests.support.alert_desk import EPOCH_US
from tests.support.watchlists import Records, listed

from lethe.alert.watchlists.end import OrderedList
from lethe.alert.watchlists.over import OverJudge
from lethe.contracts.instants import Instant

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
YEAR_US = 365 * 24 * HOUR_US


@dataclass
class Clocks:
    """A boot clock that goes, and a wall clock that is off by `off_us`."""

    boot_us: int = 0
    off_us: int = 0

    def __call__(self) -> Instant:
        wall_us = EPOCH_US + self.boot_us + self.off_us
        return Instant(boot_id="boot", boot_us=self.boot_us, wall_us=wall_us)

    def run(self, minutes: float) -> None:
        self.boot_us += int(minutes * MINUTE_US)


def until(hours: float, ended_us: int | None = None) -> OrderedList:
    return OrderedList("list", "deployment-1", EPOCH_US + int(hours * HOUR_US), ended_us)


def test_a_clock_far_ahead_for_one_look_ends_nothing() -> None:
    clocks = Clocks()
    judge = OverJudge(clocks)
    clocks.run(3 * 60)
    assert not judge.is_over(until(8))
    clocks.off_us = YEAR_US
    assert not judge.is_over(until(8))
    clocks.off_us = 0
    assert not judge.is_over(until(8))
    clocks.run(5 * 60)
    assert judge.is_over(until(8))


def test_nor_does_one_that_is_ahead_when_the_process_starts() -> None:
    clocks = Clocks(off_us=YEAR_US)
    judge = OverJudge(clocks)
    assert not judge.is_over(until(8))
    clocks.off_us = 0
    clocks.run(59)
    assert not judge.is_over(until(8))


def test_what_runs_when_it_is_heard_is_over_at_the_minute() -> None:
    clocks = Clocks()
    judge = OverJudge(clocks)
    assert not judge.is_over(until(0.5))
    clocks.run(29.9)
    assert not judge.is_over(until(0.5))
    clocks.run(0.1)
    assert judge.is_over(until(0.5))


def test_what_was_over_before_the_process_started_is_so_an_hour_later() -> None:
    clocks = Clocks()
    judge = OverJudge(clocks)
    for _ in range(59):
        assert not judge.is_over(until(-30))
        clocks.run(1)
    clocks.run(1)
    assert judge.is_over(until(-30))


def test_a_clock_that_is_put_right_ahead_is_believed_an_hour_later() -> None:
    """A paused virtual machine, or a machine that booted without its time."""
    clocks = Clocks(off_us=-YEAR_US)
    judge = OverJudge(clocks)
    assert not judge.is_over(until(8))
    clocks.off_us = 9 * HOUR_US
    assert not judge.is_over(until(8))
    clocks.run(60)
    assert judge.is_over(until(8))


def test_what_was_ended_is_over_whatever_the_clocks_say() -> None:
    clocks = Clocks(off_us=-YEAR_US)
    assert OverJudge(clocks).is_over(until(8, ended_us=EPOCH_US))


def test_what_was_found_to_be_over_stays_so() -> None:
    clocks = Clocks()
    judge = OverJudge(clocks)
    clocks.run(60)
    assert judge.is_over(until(1))
    clocks.off_us = -YEAR_US
    assert judge.is_over(until(1))


@given(
    st.lists(
        st.tuples(st.integers(1, 55), st.integers(-YEAR_US, YEAR_US), st.integers(0, 3)),
        max_size=20,
    )
)
def test_no_steps_that_are_put_right_within_the_hour_end_a_list(
    steps: list[tuple[int, int, int]],
) -> None:
    clocks = Clocks()
    judge = OverJudge(clocks)
    running = until(40)
    assert not judge.is_over(running)
    for minutes, off_us, looks in steps:
        clocks.off_us = off_us
        for _ in range(looks):
            assert not judge.is_over(running)
        clocks.run(minutes)
        assert not judge.is_over(running)
        clocks.off_us = 0
        assert not judge.is_over(running)
    clocks.run(40 * 60)
    assert judge.is_over(running)


async def test_a_running_list_keeps_its_key_through_a_step_of_the_clock(records: Records) -> None:
    clocks = Clocks()
    judge = OverJudge(clocks)
    records.judge = judge
    await listed(records.book)
    records.ordered.append(until(40))
    await records.ends().sweep()
    clocks.off_us = YEAR_US
    records.clock.ms = YEAR_US / 1000
    await records.ends().sweep()
    records.keys.destroy_due()
    assert len(records.keys.names()) == 1
    assert await records.end_store.unreceipted(10) == []


async def test_what_was_ended_by_a_clock_that_was_ahead_is_kept_no_longer_than_others(
    records: Records,
) -> None:
    await listed(records.book)
    records.ordered.append(until(40, ended_us=EPOCH_US + 39 * HOUR_US))
    await records.ends().sweep()
    records.clock.ms = 24 * 3_600_000
    assert records.keys.destroy_due() == 1
    await records.ends().sweep()
    [erased] = await records.end_store.unreceipted(10)
    assert erased.deployment_id == "deployment-1"
