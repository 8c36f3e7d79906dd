from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.support.clips import write_clip

from lethe.ingest.sources import CameraReader, ReaderState, SourceFrame, SourceUnavailable
from lethe.ingest.sources.video import VideoSource

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from lethe.ingest.sources import ReaderStatus

_LONG_S = 20.0


class FakeSource:
    """Delivers given times; records what is done to it."""

    live = False
    stall_s: float | None = None

    def __init__(self, times_s: list[float], error: Exception | None = None) -> None:
        self.times_s = times_s
        self.error = error
        self.garbled = 0
        self.closed = 0

    def open(self) -> None:
        if self.error is not None:
            raise self.error

    def frames(self) -> Generator[SourceFrame, None, None]:
        image = np.zeros((2, 2, 3), dtype=np.uint8)
        for pts_s in self.times_s:
            yield SourceFrame(image, pts_s)

    def close(self) -> None:
        self.closed += 1


class FakeClock:
    """Advances only when told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class FakeWaiting:
    """Stands in for the reader's stop event: waiting moves the clock instead of time."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.waited_s: list[float] = []

    def is_set(self) -> bool:
        return False

    def wait(self, timeout_s: float) -> bool:
        self.waited_s.append(timeout_s)
        self.clock.now_s += timeout_s
        return False


def test_a_video_is_read_to_its_end(tmp_path: Path) -> None:
    seen: list[float] = []
    states: list[ReaderStatus] = []
    source = VideoSource(write_clip(tmp_path / "a.mp4", frames=24))
    reader = CameraReader(
        "one", source, lambda f: seen.append(f.pts_s), realtime=False, on_state=states.append
    )
    assert reader.status.state is ReaderState.STARTING
    reader.start()
    assert reader.join(_LONG_S)
    assert len(seen) == reader.status.offered == 24
    assert [status.state for status in states] == [ReaderState.RUNNING, ReaderState.ENDED]


def test_frames_are_released_when_they_are_due() -> None:
    clock = FakeClock()
    waiting = FakeWaiting(clock)
    released: list[float] = []
    source = FakeSource([0.0, 0.5, 0.75])
    reader = CameraReader("one", source, lambda _: released.append(clock.now_s), clock=clock)
    reader._stopping = waiting  # type: ignore[assignment]
    reader._run()
    assert released == pytest.approx([100.0, 100.5, 100.75])


def test_a_reader_late_by_more_than_a_second_goes_on_from_now() -> None:
    clock = FakeClock()
    waiting = FakeWaiting(clock)
    released: list[float] = []

    def release(frame: SourceFrame) -> None:
        released.append(clock.now_s)
        # The second frame's receiver takes three seconds, the fourth's a little.
        clock.now_s += {0.5: 3.0, 1.5: 0.75}.get(frame.pts_s, 0.0)

    source = FakeSource([0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
    reader = CameraReader("one", source, release, clock=clock)
    reader._stopping = waiting  # type: ignore[assignment]
    reader._run()
    # After the long stall the pace starts anew; the short delay is caught up.
    assert released == pytest.approx([100.0, 100.5, 103.5, 104.0, 104.75, 105.0])


def test_stopping_ends_a_wait_closes_the_source_and_wipes_its_buffer(tmp_path: Path) -> None:
    source = VideoSource(write_clip(tmp_path / "a.mp4", frames=24, fps=1))
    images = []
    first = threading.Event()

    def release(frame: SourceFrame) -> None:
        images.append(frame.image)
        first.set()

    reader = CameraReader("one", source, release)
    reader.start()
    assert first.wait(_LONG_S)
    assert reader.stop()
    assert reader.status.state is ReaderState.ENDED
    assert reader.status.offered == 1
    assert not images[0].any()
    assert source._container is None


def test_a_source_that_cant_be_opened_fails_with_its_line() -> None:
    source = FakeSource([], SourceUnavailable("a.mp4 isn't a video"))
    reader = CameraReader("one", source, lambda _: None)
    reader.start()
    assert reader.join(_LONG_S)
    assert reader.status.state is ReaderState.FAILED
    assert reader.status.reason == "a.mp4 isn't a video"
    assert source.closed == 1


def test_an_unforeseen_error_fails_without_traceback_or_message(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def release(_: SourceFrame) -> None:
        raise KeyError("pixels would stand here")

    source = FakeSource([0.0])
    reader = CameraReader("one", source, release, realtime=False)
    reader.start()
    assert reader.join(_LONG_S)
    assert reader.status.state is ReaderState.FAILED
    assert reader.status.reason == "reading the source failed: KeyError"
    assert source.closed == 1
    assert capfd.readouterr().err == ""


def test_a_listener_whose_loop_is_closed_does_no_harm(capfd: pytest.CaptureFixture[str]) -> None:
    def gone(_: ReaderStatus) -> None:
        raise RuntimeError("Event loop is closed")

    reader = CameraReader("one", FakeSource([0.0]), lambda _: None, on_state=gone)
    reader.start()
    assert reader.join(_LONG_S)
    assert reader.status.state is ReaderState.ENDED
    assert capfd.readouterr().err == ""


def test_a_reader_that_never_started_can_be_stopped() -> None:
    assert CameraReader("one", FakeSource([]), lambda _: None).stop()


def test_a_blocking_receiver_holds_the_reader_back() -> None:
    allowed = threading.Semaphore(0)
    seen: list[float] = []
    reached = threading.Event()

    def release(frame: SourceFrame) -> None:
        seen.append(frame.pts_s)
        reached.set()
        assert allowed.acquire(timeout=_LONG_S)

    reader = CameraReader("one", FakeSource([0.0, 0.1, 0.2]), release, realtime=False)
    reader.start()
    assert reached.wait(_LONG_S)
    assert reader.status.offered == 1
    allowed.release(3)
    assert reader.join(_LONG_S)
    assert seen == [0.0, 0.1, 0.2]
