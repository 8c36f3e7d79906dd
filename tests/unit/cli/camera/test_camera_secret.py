"""A secret is written closed, and read back as it was given."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from lethe.cli.camera.secret import keep_secret
from lethe.contracts.errors import InvalidInput
from lethe.ingest.sources import Secrets


def test_a_secret_is_closed_to_others_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = keep_secret(tmp_path / "secrets", "gate", "ad:min", "p:w ")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    credentials = Secrets(tmp_path / "secrets").credentials("gate")
    assert (credentials.user, credentials.password) == ("ad:min", "p:w ")


def test_an_open_secret_is_replaced_by_a_closed_one(tmp_path: Path) -> None:
    old = tmp_path / "gate"
    old.write_text("admin:old")
    old.chmod(0o644)
    keep_secret(tmp_path, "gate", "admin", "new")
    assert stat.S_IMODE(old.stat().st_mode) == 0o600
    assert Secrets(tmp_path).credentials("gate").password == "new"


@pytest.mark.parametrize("name", ["../gate", "", ".gate", "a/b"])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="no name for a secret"):
        keep_secret(tmp_path, name, "admin", "x")


def test_what_couldnt_be_read_back_is_refused(tmp_path: Path) -> None:
    for user, password in (("", "x"), ("a\nb", "x"), ("a", "x\r")):
        with pytest.raises(InvalidInput, match="line break"):
            keep_secret(tmp_path, "gate", user, password)


def test_a_folder_that_cant_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="can't be written"):
        keep_secret(tmp_path / "file" / "secrets", "gate", "admin", "x")
