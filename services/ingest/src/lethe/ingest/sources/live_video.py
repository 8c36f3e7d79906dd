"""Live video through PyAV: RTSP and devices of this machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import av
import av.error
import av.logging

from lethe.contracts.cameras import Transport
from lethe.ingest.sources.address import SourceKind
from lethe.ingest.sources.arrivals import Arrivals
from lethe.ingest.sources.errors import (
    SourceGarbled,
    SourceLost,
    SourceRejected,
    SourceStalled,
    SourceUnavailable,
)
from lethe.ingest.sources.pictures import MAX_PIXELS, Converter
from lethe.ingest.sources.ports import STALL_S, LeftOut, SourceFrame

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from av.container import InputContainer
    from av.video.stream import VideoStream

    from lethe.ingest.sources.access import LiveAccess
    from lethe.ingest.sources.address import SourceAddress
    from lethe.ingest.sources.secrets import Credentials

OPEN_S = 5.0
FIRST_PICTURE_S = 10.0
"""How long to wait for the first picture: a camera may send a keyframe only every few seconds."""

_MOST_DEMUX_FAILURES = 50
# Whatever is read to find out about the stream is old when it is delivered, and FFmpeg keeps it
# meanwhile: the description of an RTSP stream says enough.
_UNPROBED = {"probesize": "32", "analyzeduration": "1"}
# FFmpeg's own log names addresses, with the credentials in them.
av.logging.set_level(av.logging.PANIC)


class LiveVideoSource:
    """A camera that FFmpeg's libraries read, decoded one picture at a time into reused buffers.

    An open decoder keeps recent pictures. So a silent camera is closed, decoder and all, after
    `STALL_S`: FFmpeg breaks off a read that takes longer.

    Parameters
    ----------
    max_fps
        Pictures above this rate are dropped before they are converted or offered.
    max_width
        Wider pictures are scaled down, keeping their aspect.
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
        self._arrivals = Arrivals(max_fps, clock)
        self._converter = Converter(max_width)
        self._clock = clock
        self._garbled = 0
        self._container: InputContainer | None = None

    @property
    def garbled(self) -> int:
        """How many packets or pictures were skipped because they couldn't be decoded."""
        return self._garbled

    def open(self) -> None:
        """Connect and find the video; see `Source.open`."""
        name, credentials, begun_s = self._address.name, self._access.login(), self._clock()
        try:
            self._container = self._opened(credentials)
        except (av.error.FFmpegError, OSError) as error:
            # A read that was broken off isn't told as such by every part of FFmpeg.
            if self._clock() - begun_s >= OPEN_S:
                raise SourceUnavailable(
                    f"{name} didn't answer within {OPEN_S:g} s: check the address and the network"
                ) from None
            # The error's own text names the address, with the credentials in it.
            raise _explained(error, name, has_secret=credentials is not None) from None
        if not self._container.streams.video:
            self.close()
            raise SourceUnavailable(f"{name} sends no video: name a stream with pictures")

    def frames(self) -> Generator[SourceFrame | LeftOut | None, None, None]:
        """Deliver the pictures; see `Source.frames`."""
        if self._container is None:
            raise SourceUnavailable(f"{self._address.name} isn't open")
        stream = self._container.streams.video[0]
        stream.codec_context.thread_count = 1
        alive_s = self._clock()
        has_begun = False
        for packet in self._packets(self._container, stream):
            for picture in self._decoded(packet):
                has_begun = True
                if self._is_whole(picture):
                    yield self._delivered(picture)
                    self._converter.wipe()
                alive_s = self._clock()
            self._require_pictures(self._clock() - alive_s, has_begun=has_begun)
            if not has_begun:
                # Whoever reads can stop meanwhile.
                yield None

    def close(self) -> None:
        """Close the connection with its decoder and overwrite the buffers."""
        if self._container is not None:
            self._container.close()
            self._container = None
        self._converter.wipe()

    def _opened(self, credentials: Credentials | None) -> InputContainer:
        if self._address.kind is SourceKind.DEVICE:
            return av.open(self._address.location, format="v4l2", timeout=(OPEN_S, STALL_S))
        options = {
            **_UNPROBED,
            "rtsp_transport": self._access.transport.value,
            "allowed_media_types": "video",
            "tls_verify": "1",
        }
        if self._access.ca_file is not None:
            options["ca_file"] = str(self._access.ca_file)
        if self._access.transport is Transport.UDP:
            # Packets that come in another order than they were sent aren't waited for longer.
            options["max_delay"] = "100000"
        address = self._full_address(credentials)
        return av.open(address, options=options, timeout=(OPEN_S, STALL_S))

    def _full_address(self, credentials: Credentials | None) -> str:
        if credentials is None:
            return self._address.location
        filled = credentials.filled(self._address.location)
        return filled.replace("://", f"://{credentials.userinfo}@", 1)

    def _packets(
        self, container: InputContainer, stream: VideoStream
    ) -> Iterator[av.Packet[VideoStream]]:
        name, failures = self._address.name, 0
        while failures < _MOST_DEMUX_FAILURES:
            try:
                for packet in container.demux(stream):
                    failures = 0
                    yield packet
            except (av.error.ExitError, av.error.TimeoutError):
                raise SourceStalled(f"{name} sends nothing more: check the camera") from None
            except (av.error.ConnectionResetError, av.error.BrokenPipeError):
                break
            except av.error.FFmpegError:
                self._garbled += 1
                failures += 1
            else:
                break
        raise SourceLost(f"{name} ended the stream")

    def _decoded(self, packet: av.Packet[VideoStream]) -> Iterator[av.VideoFrame]:
        try:
            pictures = packet.decode()
        except av.error.FFmpegError:
            self._garbled += 1
            return
        while pictures:
            picture = pictures.pop(0)
            if isinstance(picture, av.VideoFrame):
                yield picture

    def _delivered(self, picture: av.VideoFrame) -> SourceFrame | LeftOut:
        pts_s = self._arrivals.next_s()
        return LeftOut() if pts_s is None else SourceFrame(self._converter.convert(picture), pts_s)

    def _is_whole(self, picture: av.VideoFrame) -> bool:
        whole = not picture.is_corrupt and picture.width * picture.height <= MAX_PIXELS
        self._garbled += not whole
        return whole

    def _require_pictures(self, silent_s: float, *, has_begun: bool) -> None:
        """Break off when data comes and no picture: the decoder keeps the last ones meanwhile."""
        name = self._address.name
        if has_begun and silent_s > STALL_S:
            raise SourceStalled(f"{name} sends data without pictures: check the camera")
        if not has_begun and silent_s > FIRST_PICTURE_S:
            raise SourceGarbled(f"{name} sends nothing that can be decoded: set it to H.264")


def _explained(error: Exception, name: str, *, has_secret: bool) -> SourceUnavailable:
    """Say in one line why a source couldn't be opened, from the kind of the error alone."""
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        if has_secret:
            return SourceRejected(
                f"{name} refuses the user and password of its secret: check the secret"
            )
        return SourceRejected(f"{name} asks for a user and a password: give it a secret")
    if isinstance(error, av.error.HTTPNotFoundError):
        return SourceRejected(f"{name} isn't there (404): check the path of the address")
    return SourceUnavailable(f"{name} {_advice(error)}")


def _advice(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "isn't there: plug the camera in, or look for its number under /dev/video*"
    if isinstance(error, PermissionError):
        return "can't be read: add this user to the group video"
    if isinstance(error, av.error.InvalidDataError):
        return "sends no video that can be read: set it to H.264"
    return (
        f"can't be reached ({type(error).__name__}): check host, port, network and, for rtsps, "
        "its certificate"
    )
