"""A recording that is played again and again, as a camera films: whoever watches sees the same."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from lethe.ingest.sources import CameraReader, ReaderState
from lethe.ingest.sources.video import VideoSource
from lethe.vision.jpeg import encode_jpeg

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from lethe.ingest.sources import SourceFrame

_JPEG_QUALITY = 85


class PlayedRecording:
    """Plays a video at its own pace, and gives its newest picture to everybody who watches.

    Made and used on an event loop; the video is read in a thread of its own.

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
        self._loop = asyncio.get_running_loop()
        self._watchers: set[asyncio.Queue[bytes | None]] = set()
        source = VideoSource(file, loop=True, max_fps=max_fps)
        source.open()
        source.close()
        self._reader = CameraReader(self.name, source, self._on_release)

    def start(self) -> None:
        """Begin to play."""
        self._reader.start()

    def stop(self) -> None:
        """End playing, and everybody's watching."""
        self._reader.stop()
        for newest in self._watchers:
            _replace(newest, None)

    @property
    def trouble(self) -> str | None:
        """Why it doesn't play, if it doesn't."""
        status = self._reader.status
        return None if status.state is ReaderState.RUNNING else status.reason or status.state.value

    async def pictures(self) -> AsyncIterator[bytes]:
        """Give each new picture as a JPEG, the newest only to whoever is slow, until `stop`."""
        newest: asyncio.Queue[bytes | None] = asyncio.Queue(1)
        self._watchers.add(newest)
        try:
            while (jpeg := await newest.get()) is not None:
                yield jpeg
        finally:
            self._watchers.discard(newest)

    def _on_release(self, frame: SourceFrame) -> None:
        if not self._watchers:
            return
        jpeg = encode_jpeg(frame.image, _JPEG_QUALITY)
        # An event loop that is closed already has nobody left to show it to.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._show, jpeg)

    def _show(self, jpeg: bytes) -> None:
        for newest in self._watchers:
            _replace(newest, jpeg)


def _replace(newest: asyncio.Queue[bytes | None], item: bytes | None) -> None:
    if newest.full():
        newest.get_nowait()
    newest.put_nowait(item)
