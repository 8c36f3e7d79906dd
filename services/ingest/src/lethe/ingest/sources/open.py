"""From what a user names to a source that reads it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lethe.ingest.sources.errors import SourceUnavailable
from lethe.ingest.sources.stills import DEFAULT_FPS, StillsSource, list_stills
from lethe.ingest.sources.video import VideoSource

if TYPE_CHECKING:
    from lethe.ingest.sources.ports import Source

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def open_source(
    location: str | Path,
    *,
    loop: bool = False,
    max_fps: float | None = None,
    max_width: int | None = None,
    stills_fps: float = DEFAULT_FPS,
) -> Source:
    """Choose the source for a location and check that it can be opened.

    Parameters
    ----------
    location
        A video file or a folder of stills: a path, or a `file://` address.
    loop
        Start again at the end, with times that go on.
    max_fps
        Pictures above this rate are left out.
    max_width
        Wider pictures are scaled down, keeping their aspect.
    stills_fps
        Rate at which the pictures of a folder are shown.

    Returns
    -------
    Source
        Not open yet: whoever reads it opens and closes it, in one thread.

    Raises
    ------
    SourceUnavailable
        One line that says what is wrong with the location and what to do.
    """
    path = _local_path(location)
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
        missing = not path.exists()
    except OSError as error:
        raise _forbidden(path) from error
    if missing:
        raise SourceUnavailable(f"{path} doesn't exist: check the path of the source")
    if not os.access(path, os.R_OK | (os.X_OK if is_folder else 0)):
        raise _forbidden(path)
    if is_folder:
        _require_stills(path)
        return StillsSource(path, fps=stills_fps, loop=loop, max_fps=max_fps, max_width=max_width)
    if not is_file:
        raise SourceUnavailable(f"{path} is a device, and devices are not supported yet")
    source = VideoSource(path, loop=loop, max_fps=max_fps, max_width=max_width)
    # Opened once here, so that a wrong file is named before anything else is started.
    source.open()
    source.close()
    return source


def _require_stills(folder: Path) -> None:
    if not list_stills(folder):
        raise SourceUnavailable(f"{folder} has no pictures in it: put .jpg or .png files there")


def _local_path(location: str | Path) -> Path:
    text = str(location)
    if _SCHEME.match(text):
        parts = urlsplit(text)
        if parts.scheme != "file":
            # Only the scheme is repeated: an address may hold a password.
            raise SourceUnavailable(
                f"{parts.scheme}:// sources are not supported yet: name a video file or a folder"
            )
        return Path(unquote(parts.path))
    if text.isdecimal() and not Path(text).exists():
        raise SourceUnavailable(
            f"device number {text} is not supported yet: name a video file or a folder"
        )
    return Path(text)


def _forbidden(path: Path) -> SourceUnavailable:
    return SourceUnavailable(f"{path} can't be read: give this user permission to read it")
