"""`lethe watch` on cameras of the network: alerts, interruptions, and no password anywhere."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest
import simplejpeg
from tests.support.chosen_broker import OnBroker
from tests.support.images import astronaut, resized
from tests.support.mjpeg_camera import Manners, MjpegCamera
from tests.support.rtsp_camera import Behaviour, RtspCamera
from tools.running import RunningLethe, running_lethe, wait_until

from lethe.cli.camera.secret import keep_secret

PASSWORD = "hunter2:&/"
FILE = """
[hall]
source = "{mjpeg}"
secret = "hall"

[lobby]
source = "{mjpeg}"
secret = "hall"
zone = [[0.0, 0.9], [0.1, 0.9], [0.1, 1.0], [0.0, 1.0]]

[gate]
source = "{rtsp}"
secret = "gate"
masks = [[[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]]
"""


def portrait(_number: int, width: int, height: int) -> bytes:
    image = resized(astronaut(), (width, height))
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(image), colorspace="BGR"))


@pytest.fixture(name="secrets")
def secrets_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "secrets"
    for name in ("hall", "gate"):
        keep_secret(folder, name, "admin", PASSWORD)
    monkeypatch.setenv("LETHE_CAMERA_SECRETS_DIR", str(folder))


@pytest.fixture(name="people")
def people_(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    folder.mkdir()
    assert cv2.imwrite(str(folder / "Eileen.png"), astronaut())
    return folder


def account(lethe: RunningLethe) -> dict[str, Any]:
    [found] = lethe.accounts() or [{"cameras": {}}]
    return found


def camera(lethe: RunningLethe, name: str) -> dict[str, Any]:
    cameras: dict[str, dict[str, Any]] = account(lethe)["cameras"]
    return cameras.get(name, {"captured": 0, "state": None})


def is_let_go(told: dict[str, Any]) -> bool:
    """Tell whether a camera is to be reached again, since it fell silent."""
    return told["state"] == "reconnecting" and "sends nothing more" in told["trouble"]


def check_no_password_shows(lethe: RunningLethe) -> None:
    for child in [psutil.Process(lethe.process.pid), *lethe.children().values()]:
        assert PASSWORD not in "".join(child.cmdline())
        assert PASSWORD not in "".join(child.environ().values())


def check_no_password_is_kept(data: Path) -> None:
    for file in data.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert PASSWORD.encode() not in content, file
            assert b"hunter2" not in content, file


@pytest.mark.alone  # a camera in the test's own process must not be late
@pytest.mark.usefixtures("secrets")
def test_live_cameras_are_watched_through_an_interruption(
    tmp_path: Path, people: Path, on_broker: OnBroker
) -> None:
    login = ("admin", PASSWORD)
    hall = MjpegCamera(Manners(fps=6, size=(512, 512), draw=portrait, login=login))
    with hall, RtspCamera(Behaviour(login=login)) as gate:
        file = tmp_path / "cameras.toml"
        file.write_text(FILE.format(mjpeg=hall.address, rtsp=gate.address))
        arguments = ["watch", "--camera", str(file), "--watchlist", str(people)]
        with running_lethe(tmp_path, *arguments, "--cool-down", "0", *on_broker()) as lethe:
            for name in ("hall", "lobby", "gate"):
                wait_until(lambda name=name: camera(lethe, name)["captured"] > 5)
            wait_until(lambda: lethe.last_sequence() > 0)

            gate.behaviour.silent = True
            wait_until(lambda: is_let_go(camera(lethe, "gate")))
            wait_until(lambda: camera(lethe, "hall")["state"] == "running")
            gate.behaviour.silent = False
            before = camera(lethe, "gate")["captured"]
            wait_until(lambda: camera(lethe, "gate")["captured"] > before)

            check_no_password_shows(lethe)
            states = [
                line["state"]
                for line in lethe.log_lines("ingest-1")
                if line["event"] == "camera" and line["camera_id"] == "gate"
            ]
            report = lethe.finish(interrupt=True)
        check_no_password_is_kept(lethe.data)
    assert states[:4] == ["running", "stalled", "reconnecting", "running"]
    assert {alert["camera_id"] for alert in report["alerts"]} == {"hall"}
    assert report["faces"]["discarded"]["outside_zone"] > 0
    assert report["unerased"] == 0
    assert PASSWORD not in str(report)


def test_pictures_are_watched_as_they_come_into_a_followed_folder(
    tmp_path: Path, people: Path, on_broker: OnBroker
) -> None:
    yard = tmp_path / "yard"
    yard.mkdir()
    arguments = ("watch", str(yard), "--follow", "--watchlist", str(people), "--cool-down", "0")
    with running_lethe(tmp_path, *arguments, *on_broker()) as lethe:
        wait_until(lambda: camera(lethe, "camera-1")["state"] == "running")
        assert lethe.last_sequence() == 0
        brought: list[str] = []
        # On a busy machine one may find no key, or its key over before it is searched.
        while len(brought) < 2 or not lethe.last_sequence():
            name = f"{len(brought) + 1}.jpg"
            arriving = tmp_path / "picture.part"
            arriving.write_bytes(portrait(len(brought), 512, 512))
            arriving.rename(yard / name)
            brought.append(name)
            wait_until(lambda: taken(camera(lethe, "camera-1")) == len(brought))
        report = lethe.finish(interrupt=True)
    frames = report["frames"]
    assert frames["captured"] + frames["dropped"] == len(brought)
    assert {alert["subject"] for alert in report["alerts"]} == {"Eileen"}
    assert report["unerased"] == 0
    assert sorted(file.name for file in yard.iterdir()) == sorted(brought)


def taken(told: dict[str, Any]) -> int:
    """Return how many pictures of a camera were captured or dropped."""
    return int(told["captured"] + sum(told.get("dropped", {}).values()))
