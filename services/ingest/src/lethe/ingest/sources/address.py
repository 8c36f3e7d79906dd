"""What a user names as a source, taken apart before anything is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lethe.contracts.cameras import CREDENTIALS_HINT, holds_credentials
from lethe.ingest.sources.errors import SourceUnavailable

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
# A longer number names no device, and looking for it as a file might fail.
_NUMBER = re.compile(r"[0-9]{1,4}")
_DEVICE = re.compile(r"/dev/video[0-9]+")


class SourceKind(StrEnum):
    """What reads a source."""

    LOCAL = "local"
    RTSP = "rtsp"
    MJPEG = "mjpeg"
    DEVICE = "device"


_KINDS = {
    "rtsp": SourceKind.RTSP,
    "rtsps": SourceKind.RTSP,
    "http": SourceKind.MJPEG,
    "https": SourceKind.MJPEG,
    "file": SourceKind.LOCAL,
}


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """A source by its kind.

    Attributes
    ----------
    location
        A path for files, folders and devices; the address, without credentials, for the others.
    name
        How the user is told of it: without query and fragment, which may hold anything.
    """

    kind: SourceKind
    location: str
    name: str

    @property
    def is_live(self) -> bool:
        """Whether it goes at its own pace, never ends, and is tried again when it fails."""
        return self.kind is not SourceKind.LOCAL


def parse_address(text: str) -> SourceAddress:
    """Tell what kind of source a text names, without looking at the source itself.

    Raises
    ------
    SourceUnavailable
        One line that says what is wrong with the address and what to do. It never repeats
        credentials.
    """
    if holds_credentials(text):
        raise SourceUnavailable(CREDENTIALS_HINT)
    if not _SCHEME.match(text):
        return _local(text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise SourceUnavailable(
            "the address of the source is malformed: write scheme://host:port/path"
        ) from None
    kind = _KINDS.get(parts.scheme)
    if kind is None:
        raise SourceUnavailable(
            f"{parts.scheme}:// sources aren't read: use rtsp://, rtsps://, http://, https://, "
            "a video file, a folder or a device number"
        )
    if kind is SourceKind.LOCAL:
        return _local(unquote(parts.path))
    if not parts.hostname or any(character.isspace() or character < " " for character in text):
        raise SourceUnavailable(
            f"the {parts.scheme}:// address of the source names no host, or has blanks in it: "
            "write scheme://host:port/path"
        )
    host = f"{parts.hostname}:{port}" if port else parts.hostname
    return SourceAddress(kind, text, f"{parts.scheme}://{host}{parts.path}")


def _local(text: str) -> SourceAddress:
    if _NUMBER.fullmatch(text) and not Path(text).exists():
        text = f"/dev/video{int(text)}"
    kind = SourceKind.DEVICE if _DEVICE.fullmatch(text) else SourceKind.LOCAL
    return SourceAddress(kind, text, text)
