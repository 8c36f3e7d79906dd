"""A camera reader under watch: what it released, what it told, and waiting for either."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from lethe.ingest.sources import CameraReader, ReaderState, ReaderStatus, Source, SourceFrame
from lethe.ingest.sources.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

LONG_S = 30.0


def pictures(source: Source) -> Iterator[SourceFrame]:
    """Give the pictures of an open source, without what it says between them."""
    return (frame for frame in source.frames() if isinstance(frame, SourceFrame))


class Reading:
    """Reads a source for the length of a `with` block.

    Attributes
    ----------
    images
        Copies of what was released.
    lent
        The views that were lent, whose content is the source's to overwrite.
    silences
        How often what is left of the pictures was to be overwritten.
    """

    def __init__(self, source: Source, *, longest_s: float = 0.05) -> None:
        self._changed = threading.Condition()
        self.images: list[NDArray[np.uint8]] = []
        self.lent: list[NDArray[np.uint8]] = []
        self.states: list[ReaderStatus] = []
        self.silences = 0
        self._awaited = 0
        self.reader = CameraReader(
            "one",
            source,
            self._on_release,
            on_state=self._on_state,
            on_silence=self._on_silence,
            backoff=Backoff(0.01, longest_s),
        )

    def __enter__(self) -> Self:
        self.reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.reader.stop(LONG_S)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds that releases and states bring about."""
        with self._changed:
            assert self._changed.wait_for(condition, LONG_S), self.states

    def until_pictures(self, count: int) -> None:
        """Wait for so many more pictures."""
        aim = len(self.images) + count
        self.until(lambda: len(self.images) >= aim)

    def until_state(self, state: ReaderState, reason: str = "") -> None:
        """Wait until a state was told after the one awaited before, with these words as reason."""

        def found() -> int | None:
            for index, told in enumerate(self.states[self._awaited :], self._awaited):
                if told.state is state and reason in told.reason:
                    return index
            return None

        self.until(lambda: found() is not None)
        self._awaited = (found() or 0) + 1

    def _on_release(self, frame: SourceFrame) -> None:
        with self._changed:
            self.images.append(frame.image.copy())
            self.lent.append(frame.image)
            self._changed.notify_all()

    def _on_state(self, status: ReaderStatus) -> None:
        with self._changed:
            self.states.append(status)
            self._changed.notify_all()

    def _on_silence(self) -> None:
        with self._changed:
            self.silences += 1
            self._changed.notify_all()
