"""Sources are checked before anything starts."""

import os
from pathlib import Path

import pytest
from tests.support.clips import write_clip

from lethe.cli.session.sources import check_source
from lethe.contracts.errors import InvalidInput


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
    (tmp_path / "cut.mp4").write_bytes(whole[:start] + os.urandom(2000))
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
