"""From what a user names to a source that reads it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lethe.ingest.sources.access import LiveAccess
from lethe.ingest.sources.address import SourceKind, parse_address
from lethe.ingest.sources.errors import SourceUnavailable
from lethe.ingest.sources.followed import FollowedFolder
from lethe.ingest.sources.live_video import LiveVideoSource
from lethe.ingest.sources.mjpeg import MjpegSource
from lethe.ingest.sources.stills import DEFAULT_FPS, StillsSource, list_stills
from lethe.ingest.sources.video import VideoSource

if TYPE_CHECKING:
    from lethe.ingest.sources.ports import Source


def open_source(
    location: str | Path,
    *,
    loop: bool = False,
    max_fps: float | None = None,
    max_width: int | None = None,
    stills_fps: float = DEFAULT_FPS,
    follow: bool = False,
    access: LiveAccess | None = None,
) -> Source:
    """Choose the source for a location and check what can be checked on this machine.

    Whether a camera on the network is there is known when it is opened.

    Parameters
    ----------
    location
        A video file or a folder of stills: a path, or a `file://` address. Or a camera: an
        address, or the number of a device.
    loop
        Start again at the end, with times that go on.
    max_fps
        Pictures above this rate are left out.
    max_width
        Wider pictures are scaled down, keeping their aspect.
    stills_fps
        Rate at which the pictures of a folder are shown.
    follow
        Take the new pictures of a folder as they come, instead of those that are there.
    access
        How a camera is reached.

    Returns
    -------
    Source
        Not open yet: whoever reads it opens and closes it, in one thread.

    Raises
    ------
    SourceUnavailable
        One line that says what is wrong with the location and what to do.
    """
    address = parse_address(str(location))
    if address.is_live:
        kind = MjpegSource if address.kind is SourceKind.MJPEG else LiveVideoSource
        return kind(address, access or LiveAccess(), max_fps=max_fps, max_width=max_width)
    if follow and not _is_there(Path(address.location)):
        # It is live: a share that isn't mounted yet, or doesn't answer, is tried again.
        return FollowedFolder(Path(address.location), max_fps=max_fps, max_width=max_width)
    path = _readable(Path(address.location))
    if path.is_dir():
        if follow:
            return FollowedFolder(path, max_fps=max_fps, max_width=max_width)
        _require_stills(path)
        return StillsSource(path, fps=stills_fps, loop=loop, max_fps=max_fps, max_width=max_width)
    if follow:
        raise SourceUnavailable(f"{path} is a file, and only a folder can be followed: name one")
    source = VideoSource(path, loop=loop, max_fps=max_fps, max_width=max_width)
    # Opened once here, so that a wrong file is named before anything else is started.
    source.open()
    source.close()
    return source


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _readable(path: Path) -> Path:
    """Check that a path is a file or a folder that this user can read."""
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
        missing = not path.exists()
    except OSError as error:
        raise _forbidden(path) from error
    if missing:
        raise SourceUnavailable(f"{path} doesn't exist: check the path of the source")
    if not os.access(path, os.R_OK | (os.X_OK if is_folder else 0)):
        raise _forbidden(path)
    if not is_folder and not is_file:
        raise SourceUnavailable(
            f"{path} is neither a file nor a folder: name a video file, a folder, or a camera by "
            "its number or /dev/video..."
        )
    return path


def _require_stills(folder: Path) -> None:
    if not list_stills(folder):
        raise SourceUnavailable(f"{folder} has no pictures in it: put .jpg or .png files there")


def _forbidden(path: Path) -> SourceUnavailable:
    return SourceUnavailable(f"{path} can't be read: give this user permission to read it")
