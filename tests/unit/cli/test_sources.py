"""Sources are checked before anything starts."""

import os
from pathlib import Path

import numpy as np
import pytest
from tests.support.clips import write_clip
from tests.support.mjpeg_camera import Manners, MjpegCamera
from tests.support.rtsp_camera import Behaviour, RtspCamera

from lethe.cli.session.cameras import SourceOptions
from lethe.cli.session.sources import check_camera, require_footage
from lethe.contracts.errors import InvalidInput
from lethe.ingest.opening import SourceOpener
from lethe.ingest.sources import Secrets


def check_source(source: str, *, follow: bool = False, secrets: Path | None = None) -> str:
    """Check the one camera of a command line; return its source as ingest shall open it."""
    secret = "gate" if secrets else None
    [camera] = SourceOptions((source,), follow=follow, secret=secret).cameras()
    return check_camera(camera, SourceOpener(Secrets(secrets))).settings.source


def test_a_video_is_taken_by_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_clip(tmp_path / "hall.mp4")
    monkeypatch.chdir(tmp_path)
    assert check_source("hall.mp4") == str(tmp_path / "hall.mp4")


def test_a_source_that_isnt_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="doesn't exist"):
        check_source(str(tmp_path / "none.mp4"))


def test_a_file_that_isnt_video_is_refused_and_ffmpeg_is_silent(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.mp4").write_text("minutes of the meeting\n" * 500)
    with pytest.raises(InvalidInput, match=r"notes\.mp4"):
        check_source(str(tmp_path / "notes.mp4"))
    assert capfd.readouterr().err == ""


def test_a_video_that_was_cut_off_before_its_first_picture_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = write_clip(tmp_path / "whole.mp4", movflags="faststart").read_bytes()
    start = whole.index(b"mdat") + 4
    (tmp_path / "cut.mp4").write_bytes(whole[:start] + np.random.default_rng(1).bytes(2000))
    with pytest.raises(InvalidInput, match=r"cut\.mp4"):
        check_source(str(tmp_path / "cut.mp4"))
    assert capfd.readouterr().err == ""


def test_a_folder_without_stills_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no pictures"):
        check_source(str(tmp_path))


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInput):
        check_source(str(tmp_path / "pipe"))


def test_a_camera_on_the_network_is_connected_to_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "gate").write_text("admin:right")
    (tmp_path / "gate").chmod(0o600)
    with RtspCamera(Behaviour(login=("admin", "right"))) as camera:
        assert check_source(camera.address, secrets=tmp_path) == camera.address
        camera.behaviour.login = ("admin", "changed")
        with pytest.raises(InvalidInput, match="check the secret"):
            check_source(camera.address, secrets=tmp_path)
    with pytest.raises(InvalidInput, match="can't be reached"):
        check_source(camera.address)


def test_an_mjpeg_camera_is_asked_for_a_picture() -> None:
    with MjpegCamera(Manners(status="404 Not Found")) as camera:
        with pytest.raises(InvalidInput, match="404"):
            check_source(camera.address)
        camera.manners.status = "200 OK"
        assert check_source(camera.address) == camera.address


def test_a_folder_that_is_followed_may_be_empty(tmp_path: Path) -> None:
    assert check_source(str(tmp_path), follow=True) == str(tmp_path)


def test_a_device_that_isnt_there_is_one_line() -> None:
    with pytest.raises(InvalidInput, match="/dev/video63 isn't there"):
        check_source("63")


def test_only_footage_goes_as_fast_as_it_can(tmp_path: Path) -> None:
    require_footage(SourceOptions((str(tmp_path / "a.mp4"),)).cameras())
    live = SourceOptions((str(tmp_path / "a.mp4"), "rtsp://gate/stream")).cameras()
    with pytest.raises(InvalidInput, match="camera-2 is live"):
        require_footage(live)
