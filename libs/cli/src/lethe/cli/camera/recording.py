"""A recording that is played again and again, as a camera films: whoever watches sees the same."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lethe.ingest.sources import CameraReader, ReaderState
from lethe.ingest.sources.video import VideoSource
from lethe.vision.jpeg import encode_jpeg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lethe.ingest.sources import SourceFrame

_JPEG_QUALITY = 85


class PlayedRecording:
    """Plays a video at its own pace, and gives its newest picture to everybody who watches.

    Parameters
    ----------
    file
        The video; its name without the suffix is the camera's.

    Raises
    ------
    SourceUnavailable
        It can't be read.
    """

    def __init__(self, file: Path, *, max_fps: float) -> None:
        self.name = file.stem
        self._changed = threading.Condition()
        self._newest: bytes | None = None
        self._shown = 0
        self._stopped = False
        source = VideoSource(file, loop=True, max_fps=max_fps)
        source.open()
        source.close()
        self._reader = CameraReader(self.name, source, self._on_release)

    def start(self) -> None:
        """Begin to play, in a thread of its own."""
        self._reader.start()

    def stop(self) -> None:
        """End playing, and everybody's watching."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._reader.stop()

    @property
    def trouble(self) -> str | None:
        """Why it doesn't play, if it doesn't."""
        status = self._reader.status
        return None if status.state is ReaderState.RUNNING else status.reason or status.state.value

    def pictures(self) -> Iterator[bytes]:
        """Give each new picture as a JPEG, the newest only to whoever is slow, until `stop`."""
        seen = self._shown
        while True:
            with self._changed:
                while self._shown == seen and not self._stopped:
                    self._changed.wait()
                jpeg, seen = self._newest, self._shown
            if self._stopped or jpeg is None:
                return
            yield jpeg

    def _on_release(self, frame: SourceFrame) -> None:
        jpeg = encode_jpeg(frame.image, _JPEG_QUALITY)
        with self._changed:
            self._newest, self._shown = jpeg, self._shown + 1
            self._changed.notify_all()
