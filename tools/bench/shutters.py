"""Cameras of a bench that show pictures, or none, whenever it likes: folders that grow."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import av
import numpy as np

from lethe.vision.jpeg import encode_jpeg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_QUALITY = 90
_KEPT_TURNS = 4
"""A picture lies in a folder for some turns: ten times a second somebody looks whether it is
complete."""


def stills(video: Path, folder: Path) -> list[Path]:
    """Write each frame of a video as a JPEG of its own; return them in order."""
    folder.mkdir()
    written = []
    with av.open(str(video)) as reading:
        for index, frame in enumerate(reading.decode(video=0)):
            picture = folder / f"{index:04}.jpg"
            image = np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)
            picture.write_bytes(encode_jpeg(image, _QUALITY))
            written.append(picture)
    return written


class Shutters:
    """Folders that `lethe watch --follow` watches; those that are open get pictures.

    Each shows the same pictures again and again, one after the other within a turn, as cameras
    do that nobody has set to the same beat.

    Parameters
    ----------
    folders
        Existing ones, on the pictures' file system.
    pictures
        Shown in this order, the first after the last.
    per_s
        How many of them each shows in a second.
    """

    def __init__(self, folders: Sequence[Path], pictures: Sequence[Path], per_s: float) -> None:
        self.folders = tuple(folders)
        self._pictures = tuple(pictures)
        self._beat_s = 1 / per_s / len(folders)
        self._open: frozenset[int] = frozenset()
        self._ended = threading.Event()

    def open(self, which: Sequence[int]) -> None:
        """Let these folders show pictures, by their number, and no others."""
        self._open = frozenset(which)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Show pictures in a thread until the block is left."""
        thread = threading.Thread(target=self._show, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _show(self) -> None:
        due_s, turn = time.monotonic(), 0
        while not self._ended.is_set():
            for number, folder in enumerate(self.folders):
                if number in self._open:
                    picture = self._pictures[turn % len(self._pictures)]
                    (folder / f"{turn:06}.jpg").hardlink_to(picture)
                (folder / f"{turn - _KEPT_TURNS:06}.jpg").unlink(missing_ok=True)
                due_s += self._beat_s
                self._ended.wait(max(0.0, due_s - time.monotonic()))
            turn += 1
