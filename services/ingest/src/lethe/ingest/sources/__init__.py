"""Where pictures come from: video files and folders of stills, read by one thread per camera."""

from lethe.ingest.sources.errors import SourceEnded, SourceGarbled, SourceUnavailable
from lethe.ingest.sources.open import open_source
from lethe.ingest.sources.ports import Source, SourceFrame
from lethe.ingest.sources.reader import CameraReader, ReaderState, ReaderStatus

__all__ = [
    "CameraReader",
    "ReaderState",
    "ReaderStatus",
    "Source",
    "SourceEnded",
    "SourceFrame",
    "SourceGarbled",
    "SourceUnavailable",
    "open_source",
]
