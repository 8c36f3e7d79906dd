"""MJPEG from a real HTTP server: as it should be, and as it is."""

from __future__ import annotations

import socket
import time
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from tests.support.mjpeg_camera import Manners, MjpegCamera, picture
from tests.support.reading import LONG_S, Reading
from tests.support.tls import identity_of
from tests.support.wire import Listener

from lethe.contracts.errors import LetheError
from lethe.ingest.sources import (
    LiveAccess,
    ReaderState,
    SourceRejected,
    SourceUnavailable,
    http_stream,
    open_source,
    parse_address,
)
from lethe.ingest.sources.mjpeg import MjpegSource
from lethe.ingest.sources.secrets import Credentials

WHOLE = LiveAccess(whole_jpeg=True)


def opened(
    address: str, access: LiveAccess = WHOLE, *, max_width: int | None = None
) -> MjpegSource:
    return MjpegSource(parse_address(address), access, max_width=max_width)


def with_login(user: str, password: str) -> LiveAccess:
    return LiveAccess(login=lambda: Credentials(user, password), whole_jpeg=True)


def check_clear(source: MjpegSource) -> None:
    assert not any(source._stream._room)
    assert source._parts is not None
    assert not any(source._parts._room)
    assert (
        source._pixels is None
        or not source._pixels.array((source._pixels.size_bytes,), np.uint8).any()
    )
    assert not source._scaled._memory.any()


@pytest.mark.parametrize("states_length", [True, False])
@pytest.mark.parametrize("chunked", [True, False])
def test_the_cameras_own_jpegs_are_passed_on_as_they_came(
    states_length: bool, chunked: bool
) -> None:
    manners = Manners(states_length=states_length, chunked=chunked)
    with MjpegCamera(manners) as camera, Reading(opened(camera.address)) as reading:
        reading.until_pictures(6)
        reading.until(lambda: len(camera.sent) >= len(reading.images))
    assert [image.tobytes() for image in reading.images[:6]] == camera.sent[:6]
    assert reading.reader.status.garbled == 0


def test_lent_pictures_and_every_buffer_are_overwritten() -> None:
    with MjpegCamera() as camera:
        source = opened(camera.address)
        with Reading(source) as reading:
            reading.until_pictures(3)
        check_clear(source)
        assert not any(lent.any() for lent in reading.lent)


def test_a_width_cap_forces_decoding_and_nothing_else_does() -> None:
    with MjpegCamera(Manners(size=(200, 100))) as camera:
        narrow = opened(camera.address, max_width=100)
        with Reading(narrow) as reading:
            reading.until_pictures(2)
        check_clear(narrow)
        with Reading(opened(camera.address, max_width=200)) as whole:
            whole.until_pictures(1)
    assert reading.images[0].shape == (50, 100, 3)
    assert reading.images[0][25, 10, 2] > reading.images[0][25, 10, 0], "the left half is red"
    assert whole.images[0].ndim == 1


def test_where_pixels_are_wanted_pixels_come() -> None:
    with MjpegCamera() as camera, Reading(opened(camera.address, LiveAccess())) as reading:
        reading.until_pictures(1)
    assert reading.images[0].shape == (64, 96, 3)


def test_a_rate_cap_leaves_pictures_out() -> None:
    with MjpegCamera(Manners(fps=50)) as camera:
        source = open_source(camera.address, max_fps=5, access=WHOLE)
        with Reading(source) as reading:
            reading.until_pictures(3)
            assert len(camera.sent) > 2 * len(reading.images)
    assert all(image.tobytes() in camera.sent for image in reading.images)


def test_a_camera_that_is_back_is_heard_although_the_cap_leaves_its_pictures_out() -> None:
    with MjpegCamera() as camera:
        source = open_source(camera.address, max_fps=0.01, access=WHOLE)
        with Reading(source) as reading:
            reading.until_pictures(1)
            camera.cut()
            reading.until_state(ReaderState.RECONNECTING)
            reading.until_state(ReaderState.RUNNING)
    assert len(reading.images) == 1


def test_a_part_that_is_no_picture_takes_no_place_under_a_rate_cap() -> None:
    first = b"\r\n--frame\r\nContent-Length: 9\r\n\r\nnot a JPE"
    with MjpegCamera(Manners(before_each=first)) as camera:
        source = open_source(camera.address, max_fps=0.01, access=WHOLE)
        with Reading(source) as reading:
            reading.until_pictures(1)


def test_a_silent_camera_has_stalled_and_goes_on_over_the_same_connection() -> None:
    with MjpegCamera() as camera, Reading(opened(camera.address)) as reading:
        reading.until_pictures(2)
        camera.manners.silent = True
        reading.until_state(ReaderState.STALLED)
        assert reading.silences == 1
        camera.manners.silent = False
        reading.until_state(ReaderState.RUNNING)
        reading.until_pictures(2)
        assert camera.connections == 1


def test_a_part_that_stays_unfinished_is_overwritten() -> None:
    with MjpegCamera(Manners(cut_part_at=400)) as camera:
        source = opened(camera.address)
        with Reading(source) as reading:
            reading.until(lambda: bool(camera.sent))
            reading.reader._silence.begin()
            parts = source._parts
            while parts is None or source.garbled == 0:
                parts = source._parts
            assert parts.held_bytes == 0
            assert not any(parts._room)


def test_a_camera_that_is_cut_off_is_connected_to_again() -> None:
    with MjpegCamera() as camera, Reading(opened(camera.address)) as reading:
        reading.until_pictures(2)
        camera.cut()
        reading.until_state(ReaderState.RECONNECTING)
        reading.until_state(ReaderState.RUNNING)
        reading.until_pictures(2)
        assert camera.connections >= 2
        assert reading.silences >= 1


def test_garbage_midway_is_counted_and_passed_over() -> None:
    with MjpegCamera() as camera, Reading(opened(camera.address)) as reading:
        reading.until_pictures(2)
        camera.manners.before_each = (
            b"\xff\xd8 garbage \r\n--frame\r\nContent-Length: 9\r\n\r\nnot a JPE"
        )
        reading.until_pictures(3)
        assert reading.reader.status.garbled > 0
    assert all(image.tobytes() in camera.sent for image in reading.images)


def test_a_picture_that_is_cut_short_is_counted() -> None:
    short = picture(1)[:-2]
    part = b"\r\n--frame\r\nContent-Length: %d\r\n\r\n%s" % (len(short), short)
    with MjpegCamera(Manners(before_each=part)) as camera:
        with Reading(opened(camera.address)) as reading:
            reading.until_pictures(3)
        assert reading.reader.status.garbled >= 3
        assert all(image.tobytes() in camera.sent for image in reading.images)


def test_what_a_camera_adds_behind_a_picture_is_cut_off() -> None:
    padded = picture(1) + b"\0" * 40
    part = b"\r\n--frame\r\nContent-Length: %d\r\n\r\n%s" % (len(padded), padded)
    with (
        MjpegCamera(Manners(before_each=part)) as camera,
        Reading(opened(camera.address)) as reading,
    ):
        reading.until_pictures(1)
    assert reading.images[0].tobytes() == picture(1)


def test_a_change_of_size_midway_is_followed() -> None:
    with MjpegCamera() as camera, Reading(opened(camera.address, LiveAccess())) as reading:
        reading.until_pictures(1)
        camera.manners.size = (160, 120)
        reading.until(lambda: reading.images[-1].shape == (120, 160, 3))


@pytest.mark.parametrize("challenge", ["Basic", "Digest"])
def test_a_login_is_given_where_it_is_asked_for(challenge: str) -> None:
    manners = Manners(login=("admin", "p@:ss"), challenge=challenge)
    with (
        MjpegCamera(manners) as camera,
        Reading(opened(camera.address, with_login("admin", "p@:ss"))) as reading,
    ):
        reading.until_pictures(1)


def test_a_login_can_stand_in_the_address_as_placeholders() -> None:
    with MjpegCamera() as camera:
        address = camera.address + "?usr={user}&pwd={password}"
        with Reading(opened(address, with_login("admin", "p&ss"))) as reading:
            reading.until_pictures(1)
        assert camera.targets == ["/video?usr=admin&pwd=p%26ss"]


def refused(address: str, access: LiveAccess, kind: type[LetheError]) -> str:
    source = opened(address, access)
    with pytest.raises(kind) as caught:
        source.open()
    source.close()
    text = str(caught.value)
    assert "\n" not in text
    assert "hunter2" not in text
    assert caught.value.__cause__ is None
    return text


@pytest.mark.parametrize("challenge", ["Basic", "Digest"])
def test_a_wrong_password_is_told_and_not_repeated(challenge: str) -> None:
    with MjpegCamera(Manners(login=("admin", "right"), challenge=challenge)) as camera:
        said = refused(camera.address, with_login("admin", "hunter2"), SourceRejected)
    assert "check the secret" in said


def test_a_camera_that_asks_for_a_login_says_that_a_secret_is_needed() -> None:
    with MjpegCamera(Manners(login=("admin", "right"))) as camera:
        assert "give it a secret" in refused(camera.address, WHOLE, SourceRejected)


@pytest.mark.parametrize(
    ("manners", "kind", "said"),
    [
        (Manners(status="404 Not Found"), SourceRejected, "isn't there (404)"),
        (Manners(status="403 Forbidden"), SourceRejected, "give it a secret"),
        (Manners(status="302 Found"), SourceRejected, "has moved (302)"),
        (Manners(status="503 Busy"), SourceUnavailable, "status 503"),
        (Manners(kind="text/html"), SourceUnavailable, "isn't an MJPEG stream"),
        (Manners(kind="multipart/x-mixed-replace"), SourceUnavailable, "isn't an MJPEG stream"),
    ],
)
def test_what_isnt_a_stream_is_one_line(
    manners: Manners, kind: type[LetheError], said: str
) -> None:
    with MjpegCamera(manners) as camera:
        assert said in refused(camera.address, WHOLE, kind)


def test_a_server_that_isnt_there_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    said = refused(f"http://localhost:{port}/v", WHOLE, SourceUnavailable)
    assert "can't be reached" in said


def test_a_server_that_speaks_something_else_is_one_line() -> None:
    listener = Listener(lambda wire: wire.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"))
    try:
        said = refused(f"http://localhost:{listener.port}/", WHOLE, SourceUnavailable)
    finally:
        listener.close()
    assert "doesn't speak HTTP" in said


def test_tls_needs_a_certificate_that_somebody_vouches_for(tmp_path: Path) -> None:
    identity = identity_of(tmp_path)
    with MjpegCamera(tls=identity.context) as camera:
        said = refused(camera.address, WHOLE, SourceUnavailable)
        assert "LETHE_CAMERA_CA_FILE" in said
        access = LiveAccess(ca_file=identity.ca_file, whole_jpeg=True)
        with Reading(opened(camera.address, access)) as reading:
            reading.until_pictures(1)
    assert reading.reader.join(LONG_S)


def test_a_camera_that_drips_its_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_stream, "OPEN_S", 0.3)

    def drip(wire: socket.socket) -> None:
        with suppress(OSError):
            while True:
                wire.sendall(b"H")
                time.sleep(0.05)

    camera = Listener(drip)
    source = opened(f"http://127.0.0.1:{camera.port}/")
    with closing(source), pytest.raises(SourceUnavailable, match="didn't answer within"):
        source.open()
    camera.close()
