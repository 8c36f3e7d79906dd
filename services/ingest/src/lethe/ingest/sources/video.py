"""Video files through PyAV (FFmpeg's libraries)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import av.error

from lethe.ingest.sources.cap import RateCap
from lethe.ingest.sources.errors import SourceEnded, SourceGarbled, SourceUnavailable
from lethe.ingest.sources.pictures import MAX_PIXELS, Converter
from lethe.ingest.sources.ports import LeftOut, SourceFrame

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from av.container import InputContainer
    from av.video.stream import VideoStream

_FALLBACK_FPS = 25.0
# A jump in time beyond this is a broken or spliced timestamp, not a pause worth waiting for.
_LONGEST_GAP_S = 10.0
_MOST_DEMUX_FAILURES = 50


class VideoSource:
    """A video file, decoded one picture at a time into one reused buffer.

    The decoder runs in the caller's thread only: its frame threads would each keep pictures.
    Packets and pictures that can't be decoded are skipped and counted.

    Parameters
    ----------
    path
        The file.
    loop
        Start again at the end, with times that go on.
    max_fps
        Pictures above this rate are dropped before they are converted or offered.
    max_width
        Wider pictures are scaled down, keeping their aspect.
    """

    live = False
    stall_s: float | None = None

    def __init__(
        self,
        path: Path,
        *,
        loop: bool = False,
        max_fps: float | None = None,
        max_width: int | None = None,
    ) -> None:
        self._path = path
        self._loop = loop
        self._cap = RateCap(max_fps)
        self._garbled = 0
        self._container: InputContainer | None = None
        self._converter = Converter(max_width)

    @property
    def garbled(self) -> int:
        """How many packets or pictures were skipped because they couldn't be decoded."""
        return self._garbled

    def open(self) -> None:
        """Open the file and its first video stream; see `Source.open`."""
        try:
            self._container = av.open(str(self._path))
        except (av.error.FFmpegError, OSError) as error:
            raise SourceUnavailable(
                f"{self._path} isn't a video that can be read ({type(error).__name__}): "
                "convert it, for example to H.264 in MP4, or check that it was copied completely"
            ) from error
        if not self._container.streams.video:
            self.close()
            raise SourceUnavailable(f"{self._path} has no video in it: name a file with pictures")
        stream = self._container.streams.video[0]
        if stream.width * stream.height > MAX_PIXELS:
            self.close()
            raise SourceUnavailable(
                f"{self._path} has pictures of {stream.width}x{stream.height}: scale it down first"
            )

    def frames(self) -> Generator[SourceFrame | LeftOut, None, None]:
        """Deliver the pictures; see `Source.frames`."""
        offset_s = 0.0
        while True:
            length_s = yield from self._play(offset_s)
            if length_s == 0.0 and offset_s == 0.0:
                self._explain_nothing()
            if not self._loop or length_s == 0.0:
                return
            offset_s += length_s
            # Reopening also heals a demuxer that garbage has confused.
            self._close_container()
            self.open()

    def close(self) -> None:
        """Close the file with its decoder and overwrite the buffers."""
        self._close_container()
        self._converter.wipe()

    def _close_container(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = None

    def _explain_nothing(self) -> None:
        if self._garbled:
            raise SourceGarbled(
                f"{self._path} has no picture that can be decoded: check the file, or convert it"
            )
        raise SourceEnded(f"{self._path} ended before its first picture: name a longer video")

    def _play(self, offset_s: float) -> Generator[SourceFrame | LeftOut, None, float]:
        """Deliver one run through the file and return its length in seconds."""
        if self._container is None:
            raise SourceUnavailable(f"{self._path} isn't open")
        stream = self._container.streams.video[0]
        stream.codec_context.thread_count = 1
        spacing_s = 1.0 / float(stream.average_rate or _FALLBACK_FPS)
        shift_s: float | None = None
        end_s = 0.0
        for picture in self._decode(self._container, stream):
            time_s = end_s if picture.time is None else float(picture.time)
            if shift_s is None or time_s - shift_s > end_s + _LONGEST_GAP_S:
                shift_s = time_s - end_s
            # Broken timestamps may go back; due times don't.
            pts_s = max(time_s - shift_s, end_s - spacing_s, 0.0)
            end_s = pts_s + spacing_s
            if self._cap.admits(offset_s + pts_s):
                yield SourceFrame(self._converter.convert(picture), offset_s + pts_s)
                self._converter.wipe()
            else:
                yield LeftOut()
        return end_s

    def _decode(self, container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]:
        for packet in self._packets(container, stream):
            try:
                pictures = packet.decode()
            except av.error.FFmpegError:
                self._garbled += 1
                continue
            while pictures:
                picture = pictures.pop(0)
                if picture.is_corrupt:
                    self._garbled += 1
                elif isinstance(picture, av.VideoFrame):
                    yield picture

    def _packets(
        self, container: InputContainer, stream: VideoStream
    ) -> Iterator[av.Packet[VideoStream]]:
        failures = 0
        while failures < _MOST_DEMUX_FAILURES:
            try:
                for packet in container.demux(stream):
                    failures = 0
                    yield packet
            except av.error.FFmpegError:
                # The demuxer may find its way again behind the garbage.
                self._garbled += 1
                failures += 1
            else:
                return
