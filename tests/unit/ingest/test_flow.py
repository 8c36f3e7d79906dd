"""Footage as fast as it goes: a few frames in flight, and whoever waits is let go."""

import threading
from collections.abc import Callable

import pytest
from tests.support.clocks import FakeClock

from lethe.ingest.flow import Flow

_LONG_S = 20.0


@pytest.fixture(name="clock")
def clock_() -> FakeClock:
    return FakeClock()


@pytest.fixture(name="flow")
def flow_(clock: FakeClock) -> Flow:
    return Flow(clock, window=2, budget_ms=1000)


class SeenCondition(threading.Condition):
    """Tells that somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.set()
        return super().wait(timeout)


class Waiting(threading.Thread):
    """A thread that asks for room and tells what it was given."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        super().__init__(daemon=True)
        self._ask = ask
        self.told: bool | None = None
        self.start()

    def run(self) -> None:
        self.told = self._ask()

    def result(self) -> bool | None:
        self.join(_LONG_S)
        assert not self.is_alive(), "nobody let it go"
        return self.told


def blocked(flow: Flow) -> Waiting:
    """Return a thread that is seen to wait for room."""
    seen = SeenCondition()
    flow._changed = seen
    thread = Waiting(flow.wait_for_room)
    assert seen.waited.wait(_LONG_S)
    assert thread.told is None
    return thread


def fill(flow: Flow, clock: FakeClock) -> None:
    for number in range(2):
        assert flow.wait_for_room()
        flow.captured("slot", number, clock.now())


def test_a_report_makes_room_for_one_frame(flow: Flow, clock: FakeClock) -> None:
    fill(flow, clock)
    waiting = blocked(flow)
    flow.reported("slot", 0)
    assert waiting.result() is True
    flow.captured("slot", 2, clock.now())
    waiting = blocked(flow)
    flow.close()
    assert waiting.result() is False


def test_reports_of_other_frames_make_no_room(flow: Flow, clock: FakeClock) -> None:
    fill(flow, clock)
    flow.reported("another slot", 0)
    flow.reported("slot", 7)
    waiting = blocked(flow)
    flow.close()
    assert waiting.result() is False


def test_a_frame_that_nobody_reported_counts_as_gone_with_its_keys(
    flow: Flow, clock: FakeClock
) -> None:
    fill(flow, clock)
    waiting = blocked(flow)
    clock.time.advance_ms(1000)
    assert waiting.result() is True


def test_a_closed_flow_holds_nobody(flow: Flow, clock: FakeClock) -> None:
    assert flow.pause()
    fill(flow, clock)
    flow.close()
    assert not flow.wait_for_room()
    assert not flow.pause()
