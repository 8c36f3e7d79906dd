"""One thread per camera that reads a source and releases its pictures when they are due."""

from __future__ import annotations

import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lethe.ingest.sources.backoff import Backoff
from lethe.ingest.sources.errors import SourceRejected, SourceStalled, reason_of
from lethe.ingest.sources.ports import SourceFrame
from lethe.ingest.sources.secrets import UnusableSecret
from lethe.ingest.sources.silence import Silence

if TYPE_CHECKING:
    from collections.abc import Callable

    from lethe.ingest.sources.ports import LeftOut, Source

# A reader that is late by more than this picks up from now; racing through the backlog would
# overload everybody behind it.
CATCH_UP_S = 1.0
STOP_S = 2.0


class ReaderState(StrEnum):
    """Where a reader is in its life; only a live source is ever stalled or reconnecting."""

    STARTING = "starting"
    RUNNING = "running"
    STALLED = "stalled"
    RECONNECTING = "reconnecting"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True)
class ReaderStatus:
    """What a reader can say about itself at any moment.

    Attributes
    ----------
    state
        Where it is in its life; `ENDED` and `FAILED` are final.
    offered
        Pictures released so far.
    garbled
        Pictures or packets that couldn't be decoded and were skipped.
    reason
        One line for the user while it isn't running for a reason, else empty.
    """

    state: ReaderState
    offered: int
    garbled: int
    reason: str = ""


class CameraReader:
    """Reads one source in a thread of its own and hands each picture over at its release.

    A live source that stalls, ends or can't be opened is closed and opened again after a while,
    without a limit of tries. Any other source is read once.

    Parameters
    ----------
    camera_id
        Names the thread.
    source
        Opened, read and closed by the reader's thread only.
    on_release
        Called from that thread at the moment of capture; the picture is valid until it returns.
        It may block when `realtime` is off, and must return soon after `stop` all the same.
    realtime
        Release each picture when it is due, or as fast as `on_release` takes them. Pictures of a
        live source are released as they come.
    on_state
        Called from the thread with every change of state, for example to pass it to an event
        loop with `call_soon_threadsafe`.
    on_silence
        Called from the thread when a live source is silent or gone: what is left of its pictures
        behind `on_release` is to be overwritten. A camera that sends a picture every second is
        silent between any two of them, and has not stalled.
    backoff
        How long to wait between tries.
    clock
        Monotonic seconds.
    """

    def __init__(
        self,
        camera_id: str,
        source: Source,
        on_release: Callable[[SourceFrame], None],
        *,
        realtime: bool = True,
        on_state: Callable[[ReaderStatus], None] | None = None,
        on_silence: Callable[[], None] | None = None,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._on_release = on_release
        self._paces = realtime and not source.live
        self._on_state = on_state
        self._on_silence = on_silence
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._silence = Silence(source.stall_s, clock)
        self._stopping = threading.Event()
        self._state = ReaderState.STARTING
        self._reason = ""
        self._offered = 0
        self._anchor_s: float | None = None
        # A daemon, so that a source stuck in the kernel can't keep the process alive.
        self._thread = threading.Thread(target=self._run, name=f"camera-{camera_id}", daemon=True)

    @property
    def status(self) -> ReaderStatus:
        """A snapshot; any thread may ask."""
        return ReaderStatus(self._state, self._offered, self._source.garbled, self._reason)

    def start(self) -> None:
        """Start the thread; once only."""
        self._thread.start()

    def stop(self, timeout_s: float = STOP_S) -> bool:
        """End the reading, close the source and overwrite its buffers.

        Returns
        -------
        bool
            Whether the thread has ended; false means it is stuck in the source or in
            `on_release`, and still cleans up when it gets out.
        """
        self._stopping.set()
        return self.join(timeout_s)

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until the source has ended; tell whether it has."""
        if self._thread.ident is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while self._read_once() and not self._stopping.is_set():
                self._stopping.wait(self._backoff.wait_s())
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
            self._change(ReaderState.FAILED, reason_of(error))
        else:
            self._change(ReaderState.ENDED)

    def _read_once(self) -> bool:
        """Read the source from its opening to its closing; tell whether to open it again."""
        try:
            try:
                self._read()
            finally:
                self._source.close()
        except Exception as error:
            if not self._source.live:
                raise
            self._tell_of(error, reason_of(error))
            return True
        return False

    def _read(self) -> None:
        if self._stopping.is_set():
            return
        self._source.open()
        self._begin()
        with closing(self._source.frames()) as frames:
            for frame in frames:
                if self._paces and isinstance(frame, SourceFrame):
                    self._await_release(frame.pts_s)
                if self._stopping.is_set():
                    return
                self._take(frame)

    def _begin(self) -> None:
        """Tell that a source runs; a live one does from its first picture on."""
        self._silence.begin()
        if not self._source.live or self._source.stall_s is None:
            self._change(ReaderState.RUNNING)

    def _take(self, frame: SourceFrame | LeftOut | None) -> None:
        if frame is None:
            self._look_for_silence()
            return
        self._hear()
        if isinstance(frame, SourceFrame):
            self._offered += 1
            self._on_release(frame)

    def _hear(self) -> None:
        """Note that a picture came, wanted or not."""
        self._silence.heard()
        if self._state is not ReaderState.RUNNING:
            self._backoff.reset()
            self._change(ReaderState.RUNNING)

    def _look_for_silence(self) -> None:
        if self._state is not ReaderState.RUNNING or not self._silence.is_silent():
            return
        self._forget()
        if self._silence.is_stall():
            self._change(ReaderState.STALLED, "the camera sends nothing more: check it")

    def _tell_of(self, error: Exception, reason: str) -> None:
        """Tell why a live source is closed; its buffers and its decoder are gone already."""
        self._forget()
        if isinstance(error, SourceRejected | UnusableSecret):
            # Cameras lock out who tries wrong passwords too often.
            self._backoff.be_patient()
        if isinstance(error, SourceStalled) and self._state is ReaderState.RUNNING:
            self._change(ReaderState.STALLED, reason)
        if self._state is not ReaderState.RECONNECTING or self._reason != reason:
            self._change(ReaderState.RECONNECTING, reason)

    def _forget(self) -> None:
        if self._on_silence is not None:
            self._on_silence()

    def _await_release(self, pts_s: float) -> None:
        now_s = self._clock()
        if self._anchor_s is None or now_s > self._anchor_s + pts_s + CATCH_UP_S:
            self._anchor_s = now_s - pts_s
        wait_s = self._anchor_s + pts_s - now_s
        if wait_s > 0:
            self._stopping.wait(wait_s)

    def _change(self, state: ReaderState, reason: str = "") -> None:
        self._reason = reason
        self._state = state
        if self._on_state is not None:
            # An event loop that is closed already has nobody left to tell.
            with suppress(RuntimeError):
                self._on_state(self.status)
