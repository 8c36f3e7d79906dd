"""A live source that can't be watched ends a real `lethe watch` with exit code 2 and one line."""

import socket
from pathlib import Path

import cv2
import pytest
from tests.support.ended import Run, running_in
from tests.support.homes import make_home
from tests.support.images import astronaut
from tests.support.mjpeg_camera import Manners, MjpegCamera
from tests.support.rtsp_camera import Behaviour, RtspCamera

from lethe.cli.camera.secret import keep_secret
from lethe.cli.home import Home

LOGIN = ("admin", "correct horse")
GUESSED = "battery staple"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("home") / ".lethe")


@pytest.fixture
def run(home: Home, tmp_path: Path) -> Run:
    return running_in(tmp_path, home.folder)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    folder.mkdir()
    assert cv2.imwrite(str(folder / "Eileen.png"), astronaut())
    return folder


@pytest.fixture
def guessing(tmp_path: Path) -> dict[str, str]:
    """Keep a secret whose password is another than the cameras'."""
    folder = tmp_path / "secrets"
    keep_secret(folder, "hall", LOGIN[0], GUESSED)
    return {"LETHE_CAMERA_SECRETS_DIR": str(folder)}


@pytest.mark.parametrize("kind", ["rtsp://localhost:{}/stream", "http://localhost:{}/video"])
def test_a_camera_that_refuses_connections(run: Run, people: Path, kind: str) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and it never listens
        address = kind.format(bound.getsockname()[1])
        run("watch", address, "--watchlist", people).refused(address, "can't be reached")


@pytest.mark.parametrize("digest", [True, False])
def test_an_rtsp_camera_that_refuses_the_password(
    run: Run, people: Path, guessing: dict[str, str], *, digest: bool
) -> None:
    with RtspCamera(Behaviour(login=LOGIN, digest=digest)) as camera:
        arguments = ("watch", camera.address, "--watchlist", people)
        asked = run(*arguments)
        tried = run(*arguments, "--secret", "hall", settings=guessing)
    asked.refused(camera.address, "asks for a user and a password")
    tried.refused(camera.address, "refuses the user and password of its secret")
    assert GUESSED not in tried.err + tried.out


def test_an_mjpeg_camera_that_refuses_the_password(
    run: Run, people: Path, guessing: dict[str, str]
) -> None:
    with MjpegCamera(Manners(login=LOGIN)) as camera:
        arguments = ("watch", camera.address, "--watchlist", people)
        tried = run(*arguments, "--secret", "hall", settings=guessing)
    tried.refused(camera.address, "refuses the user and password of its secret")
    assert GUESSED not in tried.err + tried.out


def test_a_path_that_the_camera_doesnt_have(run: Run, people: Path) -> None:
    with (
        MjpegCamera(Manners(status="404 Not Found")) as mjpeg,
        RtspCamera(Behaviour(refuses="404 Not Found")) as rtsp,
    ):
        for address in (mjpeg.address, rtsp.address):
            run("watch", address, "--watchlist", people).refused(address, "404")


def test_an_address_that_is_no_camera(run: Run, people: Path) -> None:
    with MjpegCamera(Manners(kind="text/html")) as page:
        run("watch", page.address, "--watchlist", people).refused(page.address)


def test_a_secret_that_isnt_kept(run: Run, people: Path, guessing: dict[str, str]) -> None:
    with RtspCamera(Behaviour(login=LOGIN)) as camera:
        arguments = ("watch", camera.address, "--watchlist", people, "--secret", "yard")
        run(*arguments, settings=guessing).refused("yard")


def test_a_number_without_a_device(run: Run, people: Path) -> None:
    run("watch", "97", "--watchlist", people).refused("97", "isn't there")
