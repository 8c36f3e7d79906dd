"""One thread per camera that reads a source and releases its pictures when they are due."""

from __future__ import annotations

import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lethe.contracts.errors import LetheError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lethe.ingest.sources.ports import Source, SourceFrame

# A reader that is late by more than this picks up from now; racing through the backlog would
# overload everybody behind it.
CATCH_UP_S = 1.0
STOP_S = 2.0


class ReaderState(StrEnum):
    """Where a reader is in its life."""

    STARTING = "starting"
    RUNNING = "running"
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
        One line for the user when it failed, else empty.
    """

    state: ReaderState
    offered: int
    garbled: int
    reason: str = ""


class CameraReader:
    """Reads one source in a thread of its own and hands each picture over at its release.

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
        Release each picture when it is due, or as fast as `on_release` takes them.
    on_state
        Called from the thread with every change of state, for example to pass it to an event
        loop with `call_soon_threadsafe`.
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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._on_release = on_release
        self._realtime = realtime
        self._on_state = on_state
        self._clock = clock
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
            try:
                self._read()
            finally:
                self._source.close()
        except LetheError as error:
            self._change(ReaderState.FAILED, str(error))
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
            # The class only: a foreign message might carry anything.
            self._change(ReaderState.FAILED, f"reading the source failed: {type(error).__name__}")
        else:
            self._change(ReaderState.ENDED)

    def _read(self) -> None:
        if self._stopping.is_set():
            return
        self._source.open()
        self._change(ReaderState.RUNNING)
        with closing(self._source.frames()) as frames:
            for frame in frames:
                if self._realtime:
                    self._await_release(frame.pts_s)
                if self._stopping.is_set():
                    return
                self._offered += 1
                self._on_release(frame)

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
