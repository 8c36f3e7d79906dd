"""RTSP from a server process that isn't ours: read, suspended, and read again when it is back."""

import signal

from tests.support.foreign_rtsp import SIZE, foreign_rtsp
from tests.support.reading import Reading
from tests.support.rtsp_camera import encoded, nal_units

from lethe.cli.stack.ports import LOOPBACK, free_ports
from lethe.contracts.cameras import Transport
from lethe.ingest.sources import LiveAccess, ReaderState, parse_address
from lethe.ingest.sources.live_video import LiveVideoSource

_DATAGRAM = 1500


def test_a_camera_whose_server_hangs_is_let_go_and_read_again_when_it_is_back() -> None:
    [port] = free_ports(1)
    address = parse_address(f"rtsp://{LOOPBACK}:{port}/stream")
    source = LiveVideoSource(address, LiveAccess(transport=Transport.UDP))
    with Reading(source) as reading:
        with foreign_rtsp(port) as server:
            reading.until_pictures(10)
            server.send_signal(signal.SIGSTOP)
            reading.until_state(ReaderState.STALLED)
            reading.until_state(ReaderState.RECONNECTING)
            assert source._container is None
        with foreign_rtsp(port):
            reading.until_state(ReaderState.RUNNING)
            reading.until_pictures(10)
    width, height = SIZE
    assert all(image.shape == (height, width, 3) for image in reading.images)
    assert reading.images[0][height // 2, 10, 2] > reading.images[0][height // 2, 10, 0]
    assert not any(lent.any() for lent in reading.lent)


def test_its_pictures_travel_in_fragments() -> None:
    assert max(len(nal) for unit in encoded(*SIZE) for nal in nal_units(unit)) > _DATAGRAM
