"""Secrets are files of a folder; nothing of them is ever shown."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from lethe.ingest.sources import Secrets, UnusableSecret


def folder_with(folder: Path, content: bytes, mode: int = 0o600) -> Secrets:
    path = folder / "gate"
    path.write_bytes(content)
    path.chmod(mode)
    return Secrets(folder)


@pytest.mark.parametrize(
    ("content", "user", "password"),
    [
        (b"admin:hunter2", "admin", "hunter2"),
        (b"admin:hunter2\n", "admin", "hunter2"),
        (b"admin:p:a@s s/\r\n", "admin", "p:a@s s/"),
        (b"admin\nhunter2\n", "admin", "hunter2"),
        (b"ad:min\nhun:ter\n", "ad:min", "hun:ter"),
        ("admin:grün".encode(), "admin", "grün"),
    ],
)
def test_a_secret_is_a_user_and_a_password(
    tmp_path: Path, content: bytes, user: str, password: str
) -> None:
    credentials = folder_with(tmp_path, content).credentials("gate")
    assert (credentials.user, credentials.password) == (user, password)
    assert password not in repr(credentials)
    assert user not in repr(credentials)


@pytest.mark.parametrize(
    "content", [b"", b"hunter2", b"a\nhunter2\nc", b"\xff:hunter2", b"h" * 5000]
)
def test_what_is_no_pair_is_refused_without_being_repeated(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnusableSecret, match="isn't user:password") as caught:
        folder_with(tmp_path, content).credentials("gate")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("mode", [0o644, 0o602, 0o660, 0o604])
def test_a_secret_that_others_can_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(UnusableSecret, match="chmod 600"):
        folder_with(tmp_path, b"admin:hunter2", mode).credentials("gate")


def test_a_secret_that_is_a_named_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate", 0o600)
    told: list[str] = []

    def ask() -> None:
        with pytest.raises(UnusableSecret) as caught:
            Secrets(tmp_path).credentials("gate")
        told.append(str(caught.value))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(20)
    assert told == ["the secret gate isn't a file: put user:password into one"]


def test_a_secret_that_a_group_may_read_is_taken_as_a_mounted_one_is(tmp_path: Path) -> None:
    secrets = folder_with(tmp_path, b"admin:hunter2", 0o440)
    assert secrets.credentials("gate").user == "admin"


def test_a_secret_that_isnt_there_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UnusableSecret, match=str(tmp_path)):
        Secrets(tmp_path).credentials("gate")


def test_without_a_folder_the_setting_is_named() -> None:
    with pytest.raises(UnusableSecret, match="LETHE_CAMERA_SECRETS_DIR"):
        Secrets(None).credentials("gate")


@pytest.mark.parametrize("name", ["../gate", "/etc/passwd", ".", "..", "a/b"])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnusableSecret):
        Secrets(tmp_path).credentials(name)


def test_a_folder_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "gate").mkdir()
    with pytest.raises(UnusableSecret):
        Secrets(tmp_path).credentials("gate")


def test_credentials_fill_an_address_percent_encoded(tmp_path: Path) -> None:
    credentials = folder_with(tmp_path, b"ad&min:p@ss/1").credentials("gate")
    assert credentials.userinfo == "ad%26min:p%40ss%2F1"
    filled = credentials.filled("http://h/v?usr={user}&pwd={password}")
    assert filled == "http://h/v?usr=ad%26min&pwd=p%40ss%2F1"
