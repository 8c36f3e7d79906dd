from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from tests.support.clips import write_clip

from lethe.ingest.sources import SourceUnavailable, open_source
from lethe.ingest.sources.followed import FollowedFolder
from lethe.ingest.sources.live_video import LiveVideoSource
from lethe.ingest.sources.mjpeg import MjpegSource
from lethe.ingest.sources.stills import StillsSource
from lethe.ingest.sources.video import VideoSource


def test_a_file_becomes_a_video_source_and_a_folder_a_stills_source(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", frames=2)
    folder = tmp_path / "stills"
    folder.mkdir()
    (folder / "1.jpg").write_bytes(b"read later")
    assert isinstance(open_source(clip), VideoSource)
    assert isinstance(open_source(f"file://{clip}"), VideoSource)
    assert isinstance(open_source(str(folder)), StillsSource)


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("nowhere/at-all.mp4", "doesn't exist"),
        ("rtsp://admin:hunter2@camera/stream", "holds a password"),
        ("ftp://camera/stream", "ftp:// sources aren't read"),
        ("/dev/null", "neither a file nor a folder"),
    ],
)
def test_what_isnt_there_or_not_supported_is_one_line(location: str, said: str) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        open_source(location)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_addresses_become_live_sources_without_being_connected_to() -> None:
    assert isinstance(open_source("rtsp://camera/stream"), LiveVideoSource)
    assert isinstance(open_source("https://camera/stream"), MjpegSource)
    assert isinstance(open_source("5"), LiveVideoSource)
    assert open_source("rtsp://camera/stream").live


def test_a_folder_is_followed_when_asked_to_also_while_it_is_empty(tmp_path: Path) -> None:
    assert isinstance(open_source(tmp_path, follow=True), FollowedFolder)


def test_a_folder_that_isnt_there_yet_is_followed_and_tried_again(tmp_path: Path) -> None:
    source = open_source(tmp_path / "share", follow=True)
    assert source.live
    with pytest.raises(SourceUnavailable, match="can't be listed"):
        source.open()
    (tmp_path / "share").mkdir()
    source.open()


def test_a_share_that_doesnt_answer_is_followed_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bool:
        raise OSError(errno.EHOSTDOWN, os.strerror(errno.EHOSTDOWN))

    monkeypatch.setattr(Path, "exists", refuse)
    assert open_source(tmp_path / "share", follow=True).live


def test_a_file_cant_be_followed(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="only a folder can be followed"):
        open_source(write_clip(tmp_path / "a.mp4", frames=2), follow=True)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="no pictures in it"):
        open_source(tmp_path)


def test_a_file_that_isnt_video_is_refused_at_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"text" * 1000)
    with pytest.raises(SourceUnavailable, match="isn't a video"):
        open_source(path)
    assert capfd.readouterr().err == ""


def test_a_file_without_permission_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "a.mp4", frames=2)
    # Tests may run as root, who is never refused.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SourceUnavailable, match="can't be read: give this user permission"):
        open_source(path)


def test_a_path_behind_a_closed_folder_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", refuse)
    with pytest.raises(SourceUnavailable, match="give this user permission"):
        open_source("closed/a.mp4")
