"""`lethe models` and `lethe camera check` as somebody types them."""

import json
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from click.testing import CliRunner, Result
from tests.support.homes import make_home
from tests.support.images import astronaut, resized
from tests.support.mjpeg_camera import Manners, MjpegCamera

from lethe.cli.__main__ import lethe
from lethe.cli.home import Home
from lethe.contracts.errors import InvalidInput
from lethe.vision.pack import load_pack, sha256_of


@pytest.fixture(name="home")
def home_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = make_home(tmp_path / ".lethe")
    monkeypatch.setenv("LETHE_HOME", str(home.folder))
    return home


def call(*arguments: str) -> Result:
    return CliRunner().invoke(lethe, arguments, catch_exceptions=False)


def test_the_list_tells_each_pack_with_the_hashes_and_licences_of_its_files(home: Home) -> None:
    pack, (first, *parts) = load_pack(home.model_pack), call("models", "list").output.splitlines()
    assert first == f"{pack.name} {pack.manifest.version}  sha256 {pack.digest}"
    detector, embedder = parts
    for line, part, licence in (
        (detector, "detector", "MIT"),
        (embedder, "embedder", "Apache-2.0"),
    ):
        words = line.split()
        assert words[0] == part
        assert words[words.index("sha256") + 1] == sha256_of(home.model_pack / words[1])
        assert words[words.index("licence") + 1] == licence


def test_without_a_pack_the_list_says_how_to_build_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LETHE_HOME", str(tmp_path / "empty"))
    assert "lethe models build" in call("models", "list").output


def test_a_pack_is_built_where_it_is_wanted_and_told_with_its_digest(
    home: Home, tmp_path: Path
) -> None:
    target = tmp_path / "packs" / "mine"
    target.parent.mkdir()
    output = call("models", "build", str(target)).output
    assert load_pack(target).digest == load_pack(home.model_pack).digest
    assert output == f"{load_pack(target).name} {load_pack(target).digest[:12]} built in {target}\n"


def portrait(_number: int, width: int, height: int) -> bytes:
    image = resized(astronaut(), (width, height))
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(image), colorspace="BGR"))


@pytest.mark.usefixtures("home")
def test_a_camera_check_prints_what_it_saw_and_ends_with_the_grade() -> None:
    with MjpegCamera(Manners(draw=portrait, size=(512, 512))) as camera:
        ended = call("camera", "check", camera.address, "--seconds", "1", "--json")
        lines = call("camera", "check", camera.address, "--seconds", "1")
    [told] = json.loads(ended.output)["cameras"]
    assert told["seen"]["size"] == [512, 512]
    grades = [verdict["grade"] for verdict in told["verdicts"]]
    assert ended.exit_code == max(["fine", "better", "unusable"].index(grade) for grade in grades)
    assert "framing" in lines.output
    assert "transmission" in lines.output


def test_a_bad_name_of_a_secret_is_refused_before_anything_is_asked() -> None:
    # Without an answer, being asked would abort it.
    with pytest.raises(InvalidInput, match="no name for a secret"):
        call("camera", "secret", "../gate")


def test_the_version_is_an_option_too() -> None:
    told = call("--version")
    assert (told.exit_code, told.output) == (0, call("version").output)


@pytest.mark.usefixtures("home")
def test_a_camera_that_refuses_is_unusable() -> None:
    with MjpegCamera(Manners(status="404 Not Found")) as camera:
        assert call("camera", "check", camera.address, "--seconds", "1").exit_code == 2
