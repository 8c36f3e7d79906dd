"""A live source is opened again and again; what is told of it, and how long is waited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from lethe.ingest.sources import (
    CameraReader,
    LeftOut,
    ReaderState,
    ReaderStatus,
    SourceFrame,
    SourceLost,
    SourceRejected,
    SourceStalled,
    SourceUnavailable,
    UnusableSecret,
)
from lethe.ingest.sources.backoff import Backoff
from lethe.ingest.sources.silence import Silence

if TYPE_CHECKING:
    from collections.abc import Generator

Step = int | float | LeftOut | Exception | None
"""A picture by its number, a wait in seconds, one left out, a failure, or nothing new."""


class FakeClock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class FakeLive:
    """Plays a script per connection; the last one ends the reading."""

    live = True
    garbled = 0

    def __init__(
        self, clock: FakeClock, scripts: list[list[Step]], stall_s: float | None = 0.4
    ) -> None:
        self.stall_s = stall_s
        self.clock = clock
        self.scripts = scripts
        self.events: list[str] = []
        self.last: CameraReader | None = None

    def open(self) -> None:
        self.events.append("open")
        if isinstance(self.scripts[0][0], Exception):
            raise self._failure()

    def _failure(self) -> Exception:
        script = self.scripts.pop(0)
        if not self.scripts and self.last is not None:
            self.last._stopping.set()
        failure = script[0]
        assert isinstance(failure, Exception)
        return failure

    def frames(self) -> Generator[SourceFrame | LeftOut | None, None, None]:
        image = np.ones((2, 2, 3), dtype=np.uint8)
        script = self.scripts[0]
        while script:
            step = script[0]
            if isinstance(step, Exception):
                raise self._failure()
            script.pop(0)
            if isinstance(step, float):
                self.clock.now_s += step
                yield None
            elif isinstance(step, int):
                yield SourceFrame(image, self.clock.now_s)
            else:
                yield step

    def close(self) -> None:
        self.events.append("close")


class Told:
    """Runs a reader over scripts in this thread."""

    def __init__(self, scripts: list[list[Step]], stall_s: float | None = 0.4) -> None:
        self.clock = FakeClock()
        self.source = FakeLive(self.clock, scripts, stall_s)
        self.statuses: list[ReaderStatus] = []
        self.waits: list[float] = []
        self.silences = 0
        self.backoff = Backoff(1.0, 8.0, uniform=lambda: 0.0)
        self.reader = CameraReader(
            "one",
            self.source,
            lambda _: None,
            on_state=self.statuses.append,
            on_silence=self._silent,
            backoff=self.backoff,
            clock=self.clock,
        )
        self.source.last = self.reader
        stopping = self.reader._stopping
        stopping.wait = self._wait  # type: ignore[method-assign,assignment]
        self.reader._run()

    def _wait(self, timeout_s: float) -> bool:
        self.waits.append(timeout_s)
        return False

    def _silent(self) -> None:
        self.silences += 1

    @property
    def states(self) -> list[str]:
        return [status.state.value for status in self.statuses]


LOST = SourceLost("it ended the stream")


def test_a_source_that_is_lost_is_closed_first_and_opened_again() -> None:
    told = Told([[1, 2, LOST], [3, LOST]])
    assert told.source.events == ["open", "close", "open", "close"]
    assert told.states == ["running", "reconnecting", "running", "reconnecting", "ended"]
    assert told.silences == 2
    assert told.reader.status.offered == 3


def test_a_stall_is_told_before_the_reconnecting() -> None:
    told = Told([[1, SourceStalled("it sends nothing more")], [LOST]])
    assert told.states[:3] == ["running", "stalled", "reconnecting"]
    assert told.statuses[1].reason == "it sends nothing more"


def test_there_is_no_limit_of_tries_and_the_same_trouble_is_told_once() -> None:
    told = Told([[SourceUnavailable("it can't be reached")] for _ in range(200)])
    assert told.states == ["reconnecting", "ended"]
    assert len(told.source.events) == 400


def test_waits_double_up_to_the_longest_and_begin_anew_with_a_picture() -> None:
    gone: list[Step] = [SourceUnavailable("it can't be reached")]
    told = Told([[*gone] for _ in range(5)] + [[1, LOST], [LOST]])
    assert told.waits == [1.0, 2.0, 4.0, 8.0, 8.0, 1.0]


def test_a_connection_without_a_picture_doesnt_begin_anew() -> None:
    told = Told([[None, LOST] for _ in range(4)])
    assert told.waits == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("refusal", [SourceRejected("wrong password"), UnusableSecret("no pair")])
def test_a_refusal_is_asked_about_rarely(refusal: Exception) -> None:
    told = Told([[refusal], [refusal], [1, LOST], [LOST]])
    assert told.waits == [8.0, 8.0, 1.0]


def test_something_unforeseen_is_told_by_its_class_and_tried_again() -> None:
    told = Told([[1, KeyError("pixels would stand here")], [2, LOST]])
    assert told.statuses[1].reason == "reading the source failed: KeyError"
    assert told.reader.status.offered == 2


def test_silence_is_noticed_and_its_end_too() -> None:
    told = Told([[1, 2, 0.3, 0.2, 0.1, 3, LOST], [LOST]])
    assert told.states[:4] == ["running", "stalled", "running", "reconnecting"]
    assert told.silences == 3  # the stall, the loss, and the second loss


def test_a_slow_camera_has_not_stalled_between_two_pictures() -> None:
    told = Told([[1, 1.0, 2, 1.0, 0.5, 3, 1.0, 1.0, 1.0, 1.0, LOST], [LOST]])
    # The first second is a stall, since nothing is known yet; the last four are one.
    assert told.states[:5] == ["running", "stalled", "running", "stalled", "reconnecting"]


def test_nothing_of_a_slow_camera_is_held_between_two_pictures_although_it_is_well() -> None:
    told = Told([[1, 0.3, 2, 0.3, 0.3, 3, LOST], [LOST]])
    assert told.states[:2] == ["running", "reconnecting"], "it has stalled"
    assert told.silences == 3  # between the last two pictures, the loss, and the second loss


def test_a_camera_is_heard_although_the_cap_leaves_its_pictures_out() -> None:
    left: list[Step] = [LeftOut(), 0.3]
    told = Told([[1, 0.3, *left, *left, *left, 2, LOST], [LOST]])
    assert told.states == ["running", "reconnecting", "ended"]
    assert told.reader.status.offered == 2


def test_a_picture_that_is_left_out_ends_a_stall_and_the_waiting() -> None:
    told = Told([[1, 0.5, LeftOut(), LOST], [LeftOut(), LOST], [LOST]])
    assert told.states[:4] == ["running", "stalled", "running", "reconnecting"]
    assert told.states[4:6] == ["running", "reconnecting"]
    assert told.waits == [1.0, 1.0]
    assert told.reader.status.offered == 1


def test_where_silence_is_normal_there_is_no_stall() -> None:
    told = Told([[1, 900.0, LOST], [LOST]], stall_s=None)
    assert "stalled" not in told.states
    assert told.states[0] == "running"


def test_a_stop_ends_the_tries() -> None:
    told = Told([[SourceUnavailable("it can't be reached")]])
    assert told.states[-1] == "ended"
    assert told.reader.status.state is ReaderState.ENDED


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_every_wait_is_within_half_of_a_doubling_series(draws: list[float]) -> None:
    left = iter(draws)
    backoff = Backoff(0.25, 30.0, uniform=lambda: next(left))
    expected = 0.25
    for _ in draws:
        assert expected / 2 <= backoff.wait_s() <= expected
        expected = min(2 * expected, 30.0)


def test_a_silence_begins_anew_with_the_connection() -> None:
    clock = FakeClock()
    silence = Silence(0.4, clock)
    silence.heard()
    clock.now_s += 100
    silence.begin()
    assert not silence.is_stall()
    clock.now_s += 0.41
    assert silence.is_stall()


def test_a_slow_camera_is_silent_between_its_pictures_and_has_not_stalled() -> None:
    clock = FakeClock()
    silence = Silence(0.4, clock)
    for _ in range(3):
        silence.heard()
        assert not silence.is_silent()
        clock.now_s += 1.0
    assert silence.is_silent()
    assert not silence.is_stall()


def test_a_stall_does_not_become_the_pace_of_a_camera() -> None:
    clock = FakeClock()
    silence = Silence(0.4, clock)
    for pause_s in (3.0, 0.1, 0.1, 3.0):
        silence.heard()
        clock.now_s += pause_s
    silence.heard()
    clock.now_s += 0.41
    assert silence.is_stall()
