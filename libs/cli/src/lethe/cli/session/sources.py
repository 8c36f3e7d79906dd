"""Sources are checked before anything starts: what can't be watched is told at once."""

from pathlib import Path

import av
import av.error
import av.logging

from lethe.contracts.errors import InvalidInput

STILL_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
_FRAMES_TRIED = 1


def check_source(source: str) -> Path:
    """Check that a source is a video file or a folder of stills, and return its absolute path.

    Raises
    ------
    InvalidInput
        If it doesn't exist, can't be read, or holds no picture.
    """
    path = Path(source).expanduser().absolute()
    try:
        if path.is_dir():
            _check_stills(path)
        elif path.is_file():
            _check_video(path)
        elif path.exists():
            raise InvalidInput(f"{source} is neither a file nor a folder; give a video or stills")
        else:
            raise InvalidInput(f"{source} doesn't exist; give a video file or a folder of stills")
    except OSError as error:
        raise InvalidInput(f"{source} can't be read ({error.strerror}); check its rights") from None
    return path


def _check_stills(folder: Path) -> None:
    if not any(path.suffix.lower() in STILL_SUFFIXES for path in folder.iterdir()):
        raise InvalidInput(f"{folder} holds no stills (jpg, png, bmp or webp); add some")


def _check_video(path: Path) -> None:
    with path.open("rb"):
        pass
    # FFmpeg writes to stderr by itself, where the one line of this command belongs.
    av.logging.set_level(av.logging.PANIC)
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise InvalidInput(f"{path} holds no picture; give a video file")
            stream = container.streams.video[0]
            stream.thread_count = 1
            if next(iter(container.decode(stream)), None) is None:
                raise InvalidInput(f"{path} holds no frame; give another video file")
    except av.error.FFmpegError:
        raise InvalidInput(f"{path} isn't video that can be read; give another file") from None
