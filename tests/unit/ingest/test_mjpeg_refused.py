"""MJPEG that can't be had: one line each says why, and never repeats a password."""

from __future__ import annotations

import socket
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from tests.support.mjpeg_camera import Manners, MjpegCamera
from tests.support.reading import LONG_S, Reading
from tests.support.tls import identity_of
from tests.support.wire import Listener
from tests.unit.ingest.test_mjpeg_source import WHOLE, opened, with_login

from lethe.cli.stack.ports import free_ports
from lethe.contracts.errors import LetheError
from lethe.ingest.sources import (
    LiveAccess,
    SourceRejected,
    SourceUnavailable,
    http_stream,
)


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
    [port] = free_ports(1)
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
