"""Footage as fast as it goes: a few frames in flight, and whoever waits is let go."""

import threading
from collections.abc import Callable

import pytest
from tests.support.clocks import FakeClock
from tests.support.studio import LONG_S, Studio, shows, waiting_for_a_key

from lethe.ingest.capture import SealedFrame
from lethe.ingest.flow import Flow
from lethe.shredding.trust import LocalTrust


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
        self.join(LONG_S)
        assert not self.is_alive(), "nobody let it go"
        return self.told


def blocked(flow: Flow) -> Waiting:
    """Return a thread that is seen to wait for room."""
    seen = SeenCondition()
    flow._changed = seen
    thread = Waiting(flow.wait_for_room)
    assert seen.waited.wait(LONG_S)
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


def test_after_a_late_report_frames_go_one_at_a_time_until_one_is_in_time(
    flow: Flow, clock: FakeClock
) -> None:
    fill(flow, clock)
    clock.time.advance_ms(251)
    flow.reported("slot", 0)
    waiting = blocked(flow)
    flow.reported("slot", 1)
    assert waiting.result() is True
    flow.captured("slot", 2, clock.now())
    waiting = blocked(flow)
    clock.time.advance_ms(250)
    flow.reported("slot", 2)
    assert waiting.result() is True
    fill(flow, clock)


def test_after_a_frame_that_nobody_reported_they_go_one_at_a_time_too(
    flow: Flow, clock: FakeClock
) -> None:
    fill(flow, clock)
    clock.time.advance_ms(1000)
    assert flow.wait_for_room()
    flow.captured("slot", 2, clock.now())
    waiting = blocked(flow)
    flow.close()
    assert waiting.result() is False


def test_a_closed_flow_holds_nobody(flow: Flow, clock: FakeClock) -> None:
    assert flow.pause()
    fill(flow, clock)
    flow.close()
    assert not flow.wait_for_room()
    assert not flow.pause()


# --- capture in flow ------------------------------------------------------------------------


@pytest.fixture(name="footage")
def footage_(trust: LocalTrust) -> Studio:
    return Studio(trust, realtime=False)


def test_in_flow_a_key_that_dies_before_sealing_costs_no_frame(footage: Studio) -> None:
    footage.path.run_slot()
    image = footage.release()
    footage.pass_the_keys_end()
    footage.path.run_slot()
    now = footage.path.clock.now()
    sealed = footage.capture.seal_next()
    assert sealed is not None
    assert (sealed.address.slot, sealed.address.captured) == ("term-2", now)
    assert shows(footage, sealed, image)
    assert footage.told() == {"captured": 1}
    assert footage.flow is not None
    assert list(footage.flow._in_flight) == [("term-2", sealed.address.number)]
    footage.check_nothing_is_busy()
    footage.check_pictures_are_gone()


def test_in_flow_a_frame_that_comes_after_the_closing_is_counted(footage: Studio) -> None:
    footage.path.run_slot()
    footage.capture.close()
    footage.release()
    assert footage.told() == {"captured": 0, "closed": 1}


def test_in_flow_a_frame_that_waits_for_a_key_at_the_closing_is_counted(footage: Studio) -> None:
    thread = waiting_for_a_key(footage, footage.release)
    footage.capture.close()
    thread.join(LONG_S)
    assert footage.told() == {"captured": 0, "closed": 1}
    footage.check_nothing_is_busy()


def test_in_flow_sealing_waits_for_the_next_key(footage: Studio) -> None:
    footage.path.run_slot()
    footage.release()
    footage.pass_the_keys_end()
    found: list[SealedFrame | None] = []
    thread = waiting_for_a_key(footage, lambda: found.append(footage.capture.seal_next()))
    assert not found
    footage.path.run_slot()
    thread.join(LONG_S)
    [sealed] = found
    assert sealed is not None
    assert sealed.address.slot == "term-2"
    assert footage.told() == {"captured": 1}


def test_in_flow_a_release_waits_for_a_key_and_drops_nothing(footage: Studio) -> None:
    thread = waiting_for_a_key(footage, footage.release)
    assert footage.latest.counts.offered == 0
    footage.path.run_slot()
    thread.join(LONG_S)
    assert not thread.is_alive()
    assert footage.capture.seal_next() is not None
    assert footage.told() == {"captured": 1}


def test_in_flow_closing_lets_a_worker_go_that_waits_for_a_key(footage: Studio) -> None:
    footage.path.run_slot()
    footage.release()
    footage.pass_the_keys_end()
    found: list[SealedFrame | None] = []
    thread = waiting_for_a_key(footage, lambda: found.append(footage.capture.seal_next()))
    footage.capture.close()
    thread.join(LONG_S)
    assert found == [None]
    assert footage.told() == {"captured": 0, "key_gone": 1}
    assert footage.holder.holds_nothing()
    footage.check_pictures_are_gone()


def test_in_flow_a_frame_that_closing_overtakes_gives_its_number_back(footage: Studio) -> None:
    footage.path.run_slot()
    footage.release()
    assert footage.flow is not None
    thread = threading.Thread(target=footage.release, daemon=True)
    thread.start()
    while len(footage.flow._in_flight) < 2:
        thread.join(0.001)
    footage.capture.close()
    thread.join(LONG_S)
    assert not thread.is_alive()
    assert footage.told() == {"captured": 0, "overtaken": 2}
    footage.check_nothing_is_busy()
