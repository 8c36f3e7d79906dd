"""MJPEG from a real HTTP server: as it should be, and as it is."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
from tests.support.mjpeg_camera import Manners, MjpegCamera, picture
from tests.support.reading import Reading

from lethe.ingest.sources import (
    LiveAccess,
    ReaderState,
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
        source = open_source(camera.address, max_fps=0.5, access=WHOLE)
        with Reading(source) as reading:
            reading.until_pictures(2)
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


def test_a_silent_camera_has_stalled_and_goes_on_over_the_same_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # So long no machine is too busy to send.
    monkeypatch.setattr(MjpegSource, "stall_s", 3.0)
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


def test_a_part_that_was_cut_off_doesnt_age_the_first_of_the_next_connection() -> None:
    now_s = [100.0]
    with MjpegCamera(Manners(cut_part_at=400)) as camera:
        source = MjpegSource(parse_address(camera.address), WHOLE, clock=lambda: now_s[0])
        for _ in range(2):
            source.open()
            with closing(source), closing(source.frames()) as frames:
                assert source._parts is not None
                while not source._parts.held_bytes and not source.garbled:
                    next(frames)
            now_s[0] += 1
        assert source.garbled == 0


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
