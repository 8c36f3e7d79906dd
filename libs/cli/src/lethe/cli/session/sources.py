"""Sources are checked before anything starts: what can't be watched is told at once."""

from contextlib import closing
from pathlib import Path

import av.logging

from lethe.cli.session.cameras import PlannedCamera
from lethe.contracts.errors import InvalidInput
from lethe.ingest.opening import SourceOpener, is_live


def check_camera(camera: PlannedCamera, opener: SourceOpener) -> PlannedCamera:
    """Check that a camera yields a picture; return it as ingest shall open it.

    Ingest runs elsewhere: a path is made absolute. A folder that is followed may be empty.

    Raises
    ------
    InvalidInput
        If it doesn't exist, can't be read or reached, or yields no picture.
    """
    # FFmpeg writes to stderr by itself, where the one line of this command belongs.
    av.logging.set_level(av.logging.PANIC)
    placed = _placed(camera)
    settings = placed.settings
    with closing(opener.open(placed.assigned("check"))) as opened:
        opened.open()
        if settings.follow:
            return placed
        if next((frame for frame in opened.frames() if frame is not None), None) is None:
            raise InvalidInput(f"{settings.source} holds no picture; name another source")
    return placed


def require_footage(cameras: list[PlannedCamera]) -> None:
    """Check that no camera is live: a live one goes at its own pace.

    Raises
    ------
    InvalidInput
        If one is.
    """
    live = [camera.camera_id for camera in cameras if is_live(camera.assigned("check"))]
    if live:
        raise InvalidInput(
            f"--no-realtime is for footage, and {live[0]} is live: leave the option out"
        )


def _placed(camera: PlannedCamera) -> PlannedCamera:
    source = camera.settings.source
    number = source.isdecimal() and not Path(source).exists()
    if "://" in source or number:
        return camera
    absolute = str(Path(source).expanduser().absolute())
    return PlannedCamera(camera.camera_id, camera.settings.model_copy(update={"source": absolute}))
