"""Memory and processor time over a run."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.cli.live.resources import Reading, Resources, Trend, read_process


class Scene:
    """A clock and processes that a test moves by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.readings: dict[int, Reading] = {}
        self.resources = Resources(self.readings.get, lambda: self.now_s)

    def sample(self, pid: int | None, rss_mb: float = 0.0, cpu_s: float = 0.0) -> None:
        if pid is not None:
            self.readings[pid] = Reading(rss_mb, cpu_s)
        self.resources.sample({"detect": pid})
        self.now_s += 1.0


def test_the_largest_memory_is_kept() -> None:
    scene = Scene()
    for rss in (100.0, 300.0, 200.0):
        scene.sample(1, rss)
    assert scene.resources.report()["detect"]["rss_mb_max"] == 300.0
    assert scene.resources.usages["detect"].rss_mb == 200.0


def test_processor_time_is_counted_over_the_run_and_not_before_it() -> None:
    scene = Scene()
    for cpu in (50.0, 50.5, 51.0):
        scene.sample(1, cpu_s=cpu)
    assert scene.resources.report()["detect"]["cpu_percent"] == 50.0


def test_processor_time_goes_on_over_a_restart() -> None:
    scene = Scene()
    scene.sample(1, cpu_s=10.0)
    scene.sample(1, cpu_s=11.0)
    scene.sample(None)
    scene.sample(2, cpu_s=0.5)
    scene.sample(2, cpu_s=1.0)
    assert scene.resources.report()["detect"]["cpu_percent"] == pytest.approx(50.0)


def test_growth_leaves_out_the_first_two_minutes() -> None:
    scene = Scene()
    for second in range(300):
        warming = 200.0 - second if second < 100 else 100.0
        scene.sample(1, warming + second / 60.0)
    growth = scene.resources.report()["detect"]["rss_mb_growth_per_minute"]
    assert growth == pytest.approx(1.0, abs=0.01)


def test_there_is_no_growth_to_tell_of_a_short_run() -> None:
    scene = Scene()
    for _ in range(150):
        scene.sample(1, 100.0)
    assert scene.resources.report()["detect"]["rss_mb_growth_per_minute"] is None


@given(st.floats(-50, 50), st.floats(0, 1000), st.integers(61, 400))
def test_a_trend_finds_the_slope_of_a_line(slope: float, start: float, count: int) -> None:
    trend = Trend()
    for second in range(count):
        trend.add(1000.0 + second, start + slope * second / 60.0)
    assert trend.per_minute() == pytest.approx(slope, abs=1e-5)


def test_a_real_process_can_be_read() -> None:
    reading = read_process(os.getpid())
    assert reading is not None
    assert reading.rss_mb > 1.0


def test_a_process_that_is_gone_reads_as_nothing() -> None:
    assert read_process(2**22 + 1) is None
