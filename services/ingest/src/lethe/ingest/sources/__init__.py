"""Where pictures come from: cameras, video files and folders, read by one thread per camera."""

from lethe.ingest.sources.access import LiveAccess
from lethe.ingest.sources.address import SourceAddress, SourceKind, parse_address
from lethe.ingest.sources.errors import (
    SourceEnded,
    SourceGarbled,
    SourceLost,
    SourceRejected,
    SourceStalled,
    SourceUnavailable,
    reason_of,
)
from lethe.ingest.sources.open import open_source
from lethe.ingest.sources.ports import LeftOut, Source, SourceFrame, is_jpeg
from lethe.ingest.sources.reader import CameraReader, ReaderState, ReaderStatus
from lethe.ingest.sources.secrets import Secrets, UnusableSecret

__all__ = [
    "CameraReader",
    "LeftOut",
    "LiveAccess",
    "ReaderState",
    "ReaderStatus",
    "Secrets",
    "Source",
    "SourceAddress",
    "SourceEnded",
    "SourceFrame",
    "SourceGarbled",
    "SourceKind",
    "SourceLost",
    "SourceRejected",
    "SourceStalled",
    "SourceUnavailable",
    "UnusableSecret",
    "is_jpeg",
    "open_source",
    "parse_address",
    "reason_of",
]
