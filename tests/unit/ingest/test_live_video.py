"""RTSP from a real server: as it should be, stalled, cut, spoilt, refused."""

from __future__ import annotations

import gc
import socket
from pathlib import Path

import pytest
from tests.support.reading import LONG_S, Reading
from tests.support.rtsp_camera import Behaviour, RtspCamera
from tests.support.tls import identity_of
from tests.support.wire import Listener

from lethe.cli.stack.ports import free_ports
from lethe.contracts.cameras import Transport
from lethe.contracts.errors import LetheError
from lethe.ingest.sources import (
    LiveAccess,
    ReaderState,
    SourceRejected,
    SourceUnavailable,
    live_video,
    open_source,
    parse_address,
)
from lethe.ingest.sources.live_video import LiveVideoSource
from lethe.ingest.sources.ports import STALL_S
from lethe.ingest.sources.secrets import Credentials


def source_of(
    address: str,
    access: LiveAccess | None = None,
    *,
    max_fps: float | None = None,
    max_width: int | None = None,
) -> LiveVideoSource:
    parsed = parse_address(address)
    return LiveVideoSource(parsed, access or LiveAccess(), max_fps=max_fps, max_width=max_width)


def with_login(user: str, password: str) -> LiveAccess:
    return LiveAccess(login=lambda: Credentials(user, password))


def check_closed(source: LiveVideoSource) -> None:
    assert source._container is None
    assert not source._converter._image._memory.any()
    assert not source._converter._turned._memory.any()


def test_an_rtsp_stream_is_read_and_leaves_nothing() -> None:
    with RtspCamera() as camera:
        source = source_of(camera.address)
        with Reading(source) as reading:
            reading.until_pictures(10)
        check_closed(source)
    assert reading.images[0].shape == (64, 96, 3)
    assert reading.images[0][30, 10, 2] > reading.images[0][30, 10, 0], "the left half is red"
    assert not any(lent.any() for lent in reading.lent)
    assert reading.reader.status.garbled == 0


def test_caps_are_kept() -> None:
    with (
        RtspCamera(Behaviour(fps=30, size=(200, 100))) as camera,
        Reading(source_of(camera.address, max_fps=0.5, max_width=100)) as reading,
    ):
        reading.until_pictures(2)
        assert camera.sent > 2 * len(reading.images)
    assert reading.images[0].shape == (50, 100, 3)


def test_a_camera_that_is_back_is_heard_although_the_cap_leaves_its_pictures_out() -> None:
    with RtspCamera() as camera, Reading(source_of(camera.address, max_fps=0.01)) as reading:
        reading.until(lambda: bool(reading.images))
        camera.cut()
        reading.until_state(ReaderState.RECONNECTING)
        reading.until_state(ReaderState.RUNNING)
    assert len(reading.images) == 1


def test_a_stop_doesnt_wait_for_the_next_picture_that_the_cap_lets_through() -> None:
    with RtspCamera() as camera, Reading(source_of(camera.address, max_fps=0.01)) as reading:
        reading.until(lambda: bool(reading.images))
        assert reading.reader.stop(LONG_S)


def test_a_stop_doesnt_wait_for_the_first_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_video, "FIRST_PICTURE_S", 1000.0)
    with (
        RtspCamera(Behaviour(garbage=True)) as camera,
        Reading(source_of(camera.address)) as reading,
    ):
        while camera.sent < 5:
            assert not reading.reader.join(0.01)
        assert reading.reader.stop(LONG_S)


def test_a_read_that_takes_longer_than_a_stall_is_broken_off() -> None:
    assert STALL_S < 0.5
    with RtspCamera() as camera:
        source = source_of(camera.address)
        source.open()
        assert source._container is not None
        assert source._container.read_timeout == STALL_S
        source.close()


def test_a_camera_that_stops_sending_is_closed_with_its_decoder_and_opened_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # So long no machine is too busy to send.
    monkeypatch.setattr(live_video, "STALL_S", 3.0)
    monkeypatch.setattr(LiveVideoSource, "stall_s", 3.0)
    with RtspCamera() as camera:
        source = source_of(camera.address)
        with Reading(source) as reading:
            reading.until_pictures(3)
            camera.behaviour.silent = True
            reading.until_state(ReaderState.RECONNECTING, "sends nothing more")
            # The reader's thread told it after it had closed the source.
            states = [status.state for status in reading.states]
            assert states[-2:] == [ReaderState.STALLED, ReaderState.RECONNECTING]
            assert reading.silences == 1
            assert not any(lent.any() for lent in reading.lent)
            camera.behaviour.silent = False
            reading.until_state(ReaderState.RUNNING)
            reading.until_pictures(3)
        assert camera.plays >= 2
        check_closed(source)


def test_a_stalled_source_holds_no_container_and_no_picture() -> None:
    with RtspCamera() as camera:
        source = source_of(camera.address)
        source.open()
        frames = source.frames()
        next(frames)
        camera.behaviour.silent = True
        with pytest.raises(LetheError, match="sends nothing more"):
            list(frames)
        source.close()
        gc.collect()
        check_closed(source)


def test_a_camera_that_is_cut_off_is_opened_again() -> None:
    with RtspCamera() as camera, Reading(source_of(camera.address)) as reading:
        reading.until_pictures(2)
        camera.cut()
        reading.until_state(ReaderState.RECONNECTING)
        reading.until_state(ReaderState.RUNNING)
        reading.until_pictures(2)


def test_a_camera_that_comes_late_is_waited_for() -> None:
    with (
        RtspCamera(Behaviour(refuses="503 Service Unavailable")) as camera,
        Reading(source_of(camera.address)) as reading,
    ):
        reading.until_state(ReaderState.RECONNECTING, "can't be reached")
        camera.behaviour.refuses = None
        reading.until_pictures(1)


def test_garbage_midway_shows_no_pictures_and_ends_in_a_new_connection() -> None:
    with RtspCamera() as camera, Reading(source_of(camera.address)) as reading:
        reading.until_pictures(3)
        camera.behaviour.garbage = True
        reading.until_state(ReaderState.RECONNECTING)
        assert reading.silences >= 1
        camera.behaviour.garbage = False
        reading.until_state(ReaderState.RUNNING)
        reading.until_pictures(2)
    assert all(image.shape == (64, 96, 3) for image in reading.images)


def test_a_change_of_size_midway_is_followed() -> None:
    with RtspCamera() as camera, Reading(source_of(camera.address)) as reading:
        reading.until_pictures(2)
        camera.behaviour.size = (160, 128)
        reading.until(lambda: reading.images[-1].shape == (128, 160, 3))


@pytest.mark.parametrize("digest", [True, False])
def test_a_login_is_taken_from_the_secret(digest: bool) -> None:
    with (
        RtspCamera(Behaviour(login=("admin", "p@s/s:w"), digest=digest)) as camera,
        Reading(source_of(camera.address, with_login("admin", "p@s/s:w"))) as reading,
    ):
        reading.until_pictures(1)


def refused(address: str, access: LiveAccess, kind: type[LetheError]) -> str:
    source = source_of(address, access)
    with pytest.raises(kind) as caught:
        source.open()
    check_closed(source)
    text = str(caught.value)
    assert "\n" not in text
    assert "hunter2" not in text
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return text


def test_a_wrong_password_is_told_and_neither_shown_nor_logged(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with RtspCamera(Behaviour(login=("admin", "right"))) as camera:
        said = refused(camera.address, with_login("admin", "hunter2"), SourceRejected)
    assert "check the secret" in said
    assert capfd.readouterr() == ("", "")


def test_a_camera_that_asks_for_a_login_says_that_a_secret_is_needed() -> None:
    with RtspCamera(Behaviour(login=("admin", "right"))) as camera:
        assert "give it a secret" in refused(camera.address, LiveAccess(), SourceRejected)


def test_a_wrong_path_is_one_line() -> None:
    with RtspCamera(Behaviour(refuses="404 Not Found")) as camera:
        assert "check the path" in refused(camera.address, LiveAccess(), SourceRejected)


def test_a_camera_that_isnt_there_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    [port] = free_ports(1)
    address = f"rtsp://localhost:{port}/stream"
    said = refused(address, with_login("admin", "hunter2"), SourceUnavailable)
    assert "can't be reached" in said
    assert capfd.readouterr() == ("", "")


def _listen_only(wire: socket.socket) -> None:
    wire.recv(1)


def test_a_camera_that_doesnt_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_video, "OPEN_S", 0.2)
    listener = Listener(_listen_only)
    try:
        address = f"rtsp://localhost:{listener.port}/stream"
        assert "didn't answer" in refused(address, LiveAccess(), SourceUnavailable)
    finally:
        listener.close()


def test_a_wrong_password_makes_the_reader_patient() -> None:
    with (
        RtspCamera(Behaviour(login=("admin", "right"))) as camera,
        Reading(source_of(camera.address, with_login("admin", "hunter2"))) as reading,
    ):
        reading.until_state(ReaderState.RECONNECTING, "check the secret")
        assert reading.reader._backoff._next_s == reading.reader._backoff._longest_s
        camera.behaviour.login = None
        reading.until_pictures(1)


def test_tls_needs_a_certificate_that_somebody_vouches_for(tmp_path: Path) -> None:
    identity = identity_of(tmp_path)
    with RtspCamera(tls=identity.context) as camera:
        assert "certificate" in refused(camera.address, LiveAccess(), SourceUnavailable)
        access = LiveAccess(ca_file=identity.ca_file)
        with Reading(source_of(camera.address, access)) as reading:
            reading.until_pictures(1)


def test_a_device_that_isnt_there_is_one_line() -> None:
    said = refused("63", LiveAccess(), SourceUnavailable)
    assert "/dev/video63 isn't there" in said
    assert isinstance(open_source("63"), LiveVideoSource)


def test_udp_is_read_and_a_stall_over_it_is_noticed() -> None:
    with RtspCamera(Behaviour(udp=True)) as camera:
        source = source_of(camera.address, LiveAccess(transport=Transport.UDP))
        with Reading(source) as reading:
            reading.until_pictures(3)
            camera.behaviour.silent = True
            reading.until_state(ReaderState.STALLED, "sends nothing more")
        check_closed(source)


def test_udp_is_refused_by_a_camera_that_has_none_and_asked_for_by_the_setting() -> None:
    with RtspCamera() as camera:
        said = refused(camera.address, LiveAccess(transport=Transport.UDP), SourceUnavailable)
    assert "can't be reached" in said
