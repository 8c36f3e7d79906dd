"""A one-place slot between a camera's thread and the worker that seals its frames."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from lethe.ingest.sources.buffers import OwnedImage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

StampT = TypeVar("StampT")


@dataclass(frozen=True, slots=True, eq=False)
class TakenFrame(Generic[StampT]):
    """A frame that its taker owns until the `take` block ends.

    Attributes
    ----------
    image
        uint8, height x width x 3, BGR, or the bytes of a JPEG; overwritten with zeros when the
        block ends.
    stamp
        What was offered with it.
    """

    image: NDArray[np.uint8] = field(repr=False)
    stamp: StampT


@dataclass(frozen=True)
class SlotCounts:
    """What became of the offered frames: offered = taken + dropped + pending, at any moment."""

    offered: int
    taken: int
    dropped: int
    pending: int


class LatestFrame(Generic[StampT]):
    """Holds the newest frame that nobody has taken yet, in one of two owned buffers.

    The producer writes into the buffer that the taker doesn't hold, so neither waits for the
    other. One frame is taken at a time; a second taker waits for the first.

    Parameters
    ----------
    notify
        Called after every accepted offer, from the offering thread, without the lock held: for
        example to set an asyncio event with `call_soon_threadsafe`.
    """

    def __init__(self, notify: Callable[[], None] | None = None) -> None:
        self._notify = notify
        self._changed = threading.Condition()
        self._buffers = (OwnedImage(), OwnedImage())
        self._pending: tuple[int, NDArray[np.uint8], StampT] | None = None
        self._held: int | None = None
        self._closed = False
        self._offered = self._taken = self._dropped = 0

    @property
    def counts(self) -> SlotCounts:
        """A consistent snapshot."""
        with self._changed:
            pending = int(self._pending is not None)
            return SlotCounts(self._offered, self._taken, self._dropped, pending)

    def offer(self, image: NDArray[np.uint8], stamp: StampT) -> StampT | None:
        """Put a frame into the slot, over one that wasn't taken in time.

        Parameters
        ----------
        image
            uint8, height x width x 3, BGR, or the bytes of a JPEG; copied before this returns.
        stamp
            Goes with it, for example the time of capture.

        Returns
        -------
        StampT or None
            The stamp of the frame that was dropped, if one was: the one before, or this one if
            the slot is closed. Whatever the stamp reserved is the caller's to release.
        """
        with self._changed:
            dropped = self._pending[2] if self._pending is not None else None
            if self._closed:
                dropped = stamp
            self._offered += 1
            self._dropped += dropped is not None
            if not self._closed:
                self._store(image, stamp)
        self._tell()
        return dropped

    def offer_blocking(
        self, image: NDArray[np.uint8], stamp: StampT, timeout_s: float | None = None
    ) -> bool:
        """Wait for the slot to be empty, then put a frame into it: nothing is dropped.

        Returns
        -------
        bool
            Whether the frame was put; false when the slot was closed or the time was up, and
            then it doesn't count as offered.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._pending is None, timeout_s)
            if self._closed or self._pending is not None:
                return False
            self._offered += 1
            self._store(image, stamp)
        self._tell()
        return True

    @contextmanager
    def take(self, timeout_s: float | None = None) -> Iterator[TakenFrame[StampT] | None]:
        """Take the newest frame for the length of a `with` block, then overwrite it.

        Yields
        ------
        TakenFrame or None
            None when the time was up or the slot was closed.
        """
        taken = self._claim(timeout_s)
        if taken is None:
            yield None
            return
        index, frame = taken
        try:
            yield frame
        finally:
            with self._changed:
                self._buffers[index].wipe()
                self._held = None
                self._changed.notify_all()

    def clear(self) -> StampT | None:
        """Overwrite what is pending and count it as dropped; later offers are taken.

        Returns
        -------
        StampT or None
            The stamp of the frame that was pending.
        """
        with self._changed:
            dropped = self._drop_pending()
            self._changed.notify_all()
        return dropped

    def close(self) -> StampT | None:
        """Overwrite what is pending, count it as dropped, and let everybody go who waits.

        A frame that is being worked on is overwritten when its taker's block ends.

        Returns
        -------
        StampT or None
            The stamp of the frame that was pending.
        """
        with self._changed:
            self._closed = True
            dropped = self._drop_pending()
            self._changed.notify_all()
        self._tell()
        return dropped

    def _drop_pending(self) -> StampT | None:
        dropped = self._pending[2] if self._pending is not None else None
        self._dropped += dropped is not None
        self._pending = None
        for index, buffer in enumerate(self._buffers):
            if index != self._held:
                buffer.wipe()
        return dropped

    def _store(self, image: NDArray[np.uint8], stamp: StampT) -> None:
        # Over a frame that is dropped, since in the other buffer it would live on.
        free = 1 if self._held == 0 else 0
        index = free if self._pending is None else self._pending[0]
        target = self._buffers[index].like(image)
        np.copyto(target, image)
        self._pending = (index, target, stamp)
        self._changed.notify_all()

    def _claim(self, timeout_s: float | None) -> tuple[int, TakenFrame[StampT]] | None:
        with self._changed:
            self._changed.wait_for(self._takeable_or_closed, timeout_s)
            if self._closed or self._pending is None or self._held is not None:
                return None
            index, image, stamp = self._pending
            self._pending = None
            self._held = index
            self._taken += 1
            self._changed.notify_all()
            return index, TakenFrame(image, stamp)

    def _takeable_or_closed(self) -> bool:
        return self._closed or (self._pending is not None and self._held is None)

    def _tell(self) -> None:
        if self._notify is not None:
            self._notify()
