"""The cameras of a run: from the command line and from camera files."""

from __future__ import annotations

from pathlib import Path

import pytest

from lethe.cli.session.cameras import CameraSettings, SourceOptions, read_camera_file
from lethe.contracts.cameras import Point, Transport
from lethe.contracts.errors import InvalidInput

GATE = """
[gate]
source = "rtsp://192.0.2.10/stream1"
secret = "gate"
transport = "udp"
max_fps = 8
masks = [[[0.0, 0.0], [0.3, 0.0], [0.0, 0.2]]]
zone = [[0.1, 0.3], [0.9, 0.3], [0.9, 1.0], [0.1, 1.0]]

[hall-2]
source = "stills"
follow = true
"""


def camera_file(folder: Path, text: str) -> Path:
    file = folder / "cameras.toml"
    file.write_text(text)
    return file


def test_a_file_describes_cameras_by_their_names(tmp_path: Path) -> None:
    gate, hall = read_camera_file(camera_file(tmp_path, GATE))
    assigned = gate.assigned("d")
    assert (assigned.camera_id, assigned.secret, assigned.max_fps) == ("gate", "gate", 8)
    assert assigned.transport is Transport.UDP
    assert assigned.zone is not None
    assert assigned.zone[0] == Point(0.1, 0.3)
    assert len(assigned.masks) == 1
    assert hall.camera_id == "hall-2"
    assert hall.settings.source == str(tmp_path / "stills"), "relative to the file"
    assert hall.assigned("d").follow


def test_files_and_sources_go_together(tmp_path: Path) -> None:
    options = SourceOptions(("a.mp4", "rtsp://h/s"), (camera_file(tmp_path, GATE),), secret="yard")
    cameras = {camera.camera_id: camera.settings for camera in options.cameras()}
    assert list(cameras) == ["camera-1", "camera-2", "gate", "hall-2"]
    assert cameras["camera-1"].secret is None
    assert cameras["camera-2"].secret == "yard"
    assert cameras["gate"].secret == "gate"


def test_only_folders_are_followed(tmp_path: Path) -> None:
    options = SourceOptions((str(tmp_path), str(tmp_path / "a.mp4")), follow=True)
    assert [camera.settings.follow for camera in options.cameras()] == [True, False]


def test_without_a_source_it_is_said_how_to_name_one() -> None:
    with pytest.raises(InvalidInput, match="--camera"):
        SourceOptions(()).cameras()


def test_two_cameras_of_one_name_are_refused(tmp_path: Path) -> None:
    file = camera_file(tmp_path, '[camera-1]\nsource = "a.mp4"\n')
    with pytest.raises(InvalidInput, match="two cameras are called camera-1"):
        SourceOptions(("b.mp4",), (file,)).cameras()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no camera"),
        ("source = 'a.mp4'", "outside a table"),
        ("[gate", "isn't TOML"),
        ("[gate]\nsource = 'a.mp4'\nmax_fps 3", "isn't TOML at line 3, column 9: write tables"),
        ("[gate]\n", "[gate] source is missing: it takes an address, a file or a folder"),
        ("[gate]\nsource = ''", "source can't be used: it takes an address"),
        ("[gate]\nsource = 'a.mp4'\npassword = 'hunter2'", "password isn't a setting of a camera"),
        ("[gate]\nsource = 'a.mp4'\nmaxfps = 3", "did you mean max_fps?"),
        ("[gate]\nsource = 'a.mp4'\nSecret = 'hunter2'", "did you mean secret?"),
        ("[gate]\nsource = 'a.mp4'\ncolour = 'red'", "there are source, secret, transport, follow"),
        ("[gate]\nsource = 'rtsp://u:hunter2@h/s'", "holds a password"),
        ("[gate]\nsource = 'a.mp4'\nsecret = 'u:hunter2'", "secret can't be used: it takes the"),
        ("[gate]\nsource = 'a.mp4'\nzone = [[0, 0], [1, 1]]", "zone can't be used: it takes an"),
        ("[gate]\nsource = 'a.mp4'\nzone = [[0, 0], [1, 0], [1, 2]]", "zone, at 2.1, can't"),
        ("[gate]\nsource = 'a.mp4'\nzone = [[0, 0], [1, 1], [0.5, 0.5]]", "span no area"),
        ("[gate]\nsource = 'a.mp4'\nmax_fps = 0", "max_fps can't be used: it takes a number"),
        ("[gate]\nsource = 'a.mp4'\nmax_width = 'wide'", "it takes a whole number from 64 to 1920"),
        ("[gate]\nsource = 'a.mp4'\njpeg_quality = 101", "it takes a whole number from 1 to 100"),
        ("[gate]\nsource = 'a.mp4'\ntransport = 'pigeon'", "transport can't be used: it takes"),
        ("[gate]\nsource = 'a.mp4'\nfollow = 'hunter2'", "follow can't be used: it takes true or"),
        ("['a b']\nsource = 'a.mp4'", "no name for a camera"),
        ("password = 'hunter2", "isn't TOML"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_line_that_says_where_and_what_to_write(
    tmp_path: Path, text: str, said: str
) -> None:
    file = camera_file(tmp_path, text)
    with pytest.raises(InvalidInput, match=r"cameras\.toml") as caught:
        read_camera_file(file)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("setting", CameraSettings.model_fields)
def test_for_every_setting_it_is_known_what_it_takes(tmp_path: Path, setting: str) -> None:
    text = "[gate]\n" + ("" if setting == "source" else "source = 'a.mp4'\n")
    file = camera_file(tmp_path, f"{text}{setting} = 1979-05-27")
    with pytest.raises(InvalidInput, match=f"{setting} can't be used: it takes "):
        read_camera_file(file)


def test_a_file_that_cant_be_read_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(InvalidInput, match="can't be read"):
            read_camera_file(path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\0")
    with pytest.raises(InvalidInput, match="isn't TOML"):
        read_camera_file(tmp_path / "binary.toml")
