"""MJPEG over HTTP: the camera's own JPEGs, passed on as they came wherever that is possible."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lethe.ingest.sources.arrivals import Arrivals
from lethe.ingest.sources.buffers import OwnedImage
from lethe.ingest.sources.cap import capped_size
from lethe.ingest.sources.errors import SourceStalled, SourceUnavailable
from lethe.ingest.sources.http_stream import HttpStream
from lethe.ingest.sources.multipart import MultipartParser
from lethe.ingest.sources.pictures import MAX_PIXELS
from lethe.ingest.sources.ports import STALL_S, LeftOut, SourceFrame
from lethe.vision.buffers import WipedBuffer
from lethe.vision.errors import UnreadableImage
from lethe.vision.jpeg import decode_jpeg_into, jpeg_size

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.typing import NDArray

    from lethe.ingest.sources.access import LiveAccess
    from lethe.ingest.sources.address import SourceAddress

_WAIT_S = 0.1
GIVE_UP_S = 5.0
"""A connection that was silent for this long is given up and made anew."""

_BOUNDARY = re.compile(r'(?i)\bboundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))')
_BEGIN, _END = b"\xff\xd8", b"\xff\xd9"
_CHANNELS = 3


class MjpegSource:
    """Pictures of a `multipart/x-mixed-replace` stream.

    A JPEG is passed on without being decoded where no cap asks for a smaller picture and
    `whole_jpeg` allows it. Between two pictures nothing of them is held, so that a silent camera
    keeps none; a part that isn't complete when the camera falls silent is overwritten.

    Parameters
    ----------
    max_fps
        Pictures above this rate are left out.
    max_width
        Wider pictures are decoded and scaled down, keeping their aspect.
    clock
        Monotonic seconds.
    """

    live = True
    stall_s: float | None = STALL_S

    def __init__(
        self,
        address: SourceAddress,
        access: LiveAccess,
        *,
        max_fps: float | None = None,
        max_width: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._access = access
        self._max_width = max_width
        self._arrivals = Arrivals(max_fps, clock)
        self._clock = clock
        self._stream = HttpStream(address, ca_file=access.ca_file)
        self._parts: MultipartParser | None = None
        self._unusable = self._broken = self._found = 0
        self._part_since_s: float | None = None
        self._pixels: WipedBuffer | None = None
        self._scaled = OwnedImage()

    @property
    def garbled(self) -> int:
        """How many parts were skipped: too large, cut short, or no JPEG."""
        return self._unusable + self._broken + (self._parts.broken if self._parts else 0)

    def open(self) -> None:
        """Ask for the stream; see `Source.open`."""
        head = self._stream.open(self._access.login())
        kind = head.first("content-type")
        boundary = _BOUNDARY.search(kind)
        if not kind.lower().startswith("multipart/") or boundary is None:
            self.close()
            raise SourceUnavailable(
                f"{self._address.name} isn't an MJPEG stream (its type isn't multipart): name the "
                "address of the stream itself, or use rtsp://"
            )
        self._broken += self._parts.broken if self._parts else 0
        self._parts = MultipartParser((boundary[1] or boundary[2]).encode())

    def frames(self) -> Generator[SourceFrame | LeftOut | None, None, None]:
        """Deliver the pictures; see `Source.frames`."""
        if self._parts is None:
            raise SourceUnavailable(f"{self._address.name} isn't open")
        heard_s = self._clock()
        self._part_since_s, self._found = None, 0
        while True:
            for chunk in self._stream.read(_WAIT_S):
                for part in self._parts.feed(chunk):
                    heard_s = self._clock()
                    delivered = self._delivered(part)
                    if delivered is not None:
                        yield delivered
                        self._wipe_pixels()
            self._forget_old_part(self._parts)
            if self._clock() - heard_s > GIVE_UP_S:
                raise SourceStalled(
                    f"{self._address.name} sent no picture for {GIVE_UP_S:g} s: check the camera"
                )
            yield None

    def _forget_old_part(self, parts: MultipartParser) -> None:
        """Overwrite a part that has been on its way for too long to be worth anything."""
        if not parts.held_bytes:
            self._part_since_s = None
        elif self._part_since_s is None or parts.found != self._found:
            self._part_since_s = self._clock()
        elif self._clock() - self._part_since_s > STALL_S:
            parts.reset()
            self._unusable += 1
        self._found = parts.found

    def close(self) -> None:
        """Close the connection and overwrite the buffers."""
        self._stream.close()
        if self._parts is not None:
            self._parts.reset()
        self._wipe_pixels()

    def _delivered(self, part: NDArray[np.uint8]) -> SourceFrame | LeftOut | None:
        """Give the picture in a part, or say that it is left out; None for an unusable part."""
        try:
            jpeg = _trimmed(part)
            size = _allowed_size(jpeg)
            pts_s = self._arrivals.next_s()
            return LeftOut() if pts_s is None else SourceFrame(self._image(jpeg, size), pts_s)
        except UnreadableImage:
            self._unusable += 1
            return None

    def _image(self, jpeg: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
        """Give the JPEG as it is, or its pixels where it has to be changed."""
        wanted = capped_size(*size, self._max_width)
        if self._access.whole_jpeg and wanted == size:
            return jpeg
        return self._decoded(jpeg, size, wanted)

    def _decoded(
        self, jpeg: NDArray[np.uint8], size: tuple[int, int], wanted: tuple[int, int]
    ) -> NDArray[np.uint8]:
        needed = size[0] * size[1] * _CHANNELS
        if self._pixels is None or self._pixels.size_bytes < needed:
            self._pixels = WipedBuffer(needed)
        image = decode_jpeg_into(jpeg.data, self._pixels)
        if wanted == size:
            return image
        scaled = self._scaled.shaped(wanted[1], wanted[0])
        cv2.resize(image, wanted, dst=scaled, interpolation=cv2.INTER_AREA)
        return scaled

    def _wipe_pixels(self) -> None:
        if self._pixels is not None:
            self._pixels.wipe()
        self._scaled.wipe()


def _trimmed(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut off what a camera adds behind the end of a JPEG.

    Raises
    ------
    UnreadableImage
        It doesn't begin as a JPEG, or its end is missing.
    """
    if part[:2].tobytes() != _BEGIN:
        raise UnreadableImage("a part of the stream is no JPEG")
    # The marker of the end can't occur in the data before it, so the last pair is the end.
    ends = np.flatnonzero((part[:-1] == _END[0]) & (part[1:] == _END[1]))
    if not ends.size:
        raise UnreadableImage("a JPEG of the stream is cut short")
    return part[: int(ends[-1]) + 2]


def _allowed_size(jpeg: NDArray[np.uint8]) -> tuple[int, int]:
    width, height = jpeg_size(jpeg.data)
    if width * height > MAX_PIXELS:
        raise UnreadableImage("a picture of the source is too large")
    return width, height
