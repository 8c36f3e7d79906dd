"""What a camera's settings and an instance's make of its source, seen in what it delivers."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.mjpeg_camera import Manners, MjpegCamera
from tests.support.reading import Reading
from tests.support.rtsp_camera import Behaviour, RtspCamera
from tests.support.tls import identity_of

from lethe.cli.camera.secret import keep_secret
from lethe.contracts.cameras import Transport
from lethe.contracts.orders import CameraAssigned
from lethe.ingest.opening import SourceOpener, is_live
from lethe.ingest.sources import Secrets, Source
from lethe.ingest.sources.ports import is_jpeg

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def camera_of(source: str, **settings: object) -> CameraAssigned:
    return CameraAssigned.model_validate(
        {"camera_id": "gate", "deployment_id": "deployment-1", "source": source, **settings}
    )


def first_is_a_jpeg(source: Source) -> bool:
    with Reading(source) as reading:
        reading.until_pictures(1)
    return is_jpeg(reading.images[0])


def test_jpegs_go_through_as_they_came_unless_something_needs_their_pixels() -> None:
    with MjpegCamera() as camera:
        plain, masked = camera_of(camera.address), camera_of(camera.address, masks=[LEFT_HALF])
        assert first_is_a_jpeg(SourceOpener().open(plain))
        assert not first_is_a_jpeg(SourceOpener().open(masked))
        assert not first_is_a_jpeg(SourceOpener(pixels_only=True).open(plain))


def test_caps_are_those_of_the_camera() -> None:
    with MjpegCamera(Manners(size=(200, 100), fps=50)) as camera:
        capped = camera_of(camera.address, max_width=100, max_fps=0.5)
        with Reading(SourceOpener().open(capped)) as reading:
            reading.until_pictures(2)
            assert len(camera.sent) > 2 * len(reading.images)
    assert reading.images[0].shape == (50, 100, 3)


@pytest.mark.parametrize("transport", Transport)
def test_the_transport_is_the_cameras(transport: Transport) -> None:
    with RtspCamera(Behaviour(udp=transport is Transport.UDP)) as camera:
        chosen = camera_of(camera.address, transport=transport)
        assert not first_is_a_jpeg(SourceOpener().open(chosen))


def test_whoever_vouches_for_cameras_is_the_instances(tmp_path: Path) -> None:
    identity = identity_of(tmp_path)
    with MjpegCamera(tls=identity.context) as camera:
        opener = SourceOpener(ca_file=identity.ca_file)
        assert first_is_a_jpeg(opener.open(camera_of(camera.address)))


def test_a_secret_is_read_by_its_name_when_the_camera_is_opened(tmp_path: Path) -> None:
    with MjpegCamera(Manners(login=("admin", "a password"))) as camera:
        source = SourceOpener(Secrets(tmp_path)).open(camera_of(camera.address, secret="gate"))
        keep_secret(tmp_path, "gate", "admin", "a password")
        assert first_is_a_jpeg(source)


@pytest.mark.parametrize(
    ("source", "follow", "live"),
    [
        ("rtsp://camera/stream", False, True),
        ("https://camera/video", False, True),
        ("footage.mp4", False, False),
        ("pictures", True, True),
        ("ftp://camera/stream", False, False),
    ],
)
def test_what_goes_at_its_own_pace_is_live(source: str, follow: bool, live: bool) -> None:
    assert is_live(camera_of(source, follow=follow)) is live
