"""A look at real servers: what it counts, and that it leaves nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
from tests.support.homes import make_home
from tests.support.images import astronaut, resized
from tests.support.mjpeg_camera import Manners, MjpegCamera
from tests.support.rtsp_camera import RtspCamera

from lethe.cli.camera import look as looking
from lethe.cli.camera.examiner import Examiner
from lethe.cli.camera.look import check_cameras
from lethe.cli.camera.observing import Observation
from lethe.cli.home import Home
from lethe.cli.session.cameras import CameraSettings, SourceOptions
from lethe.contracts.errors import InvalidInput
from lethe.ingest.opening import SourceOpener
from lethe.vision.loading import open_detector
from lethe.vision.pack import ModelPack, load_pack


@pytest.fixture(scope="module", name="home")
def home_(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("home") / ".lethe")


def portrait(_number: int, width: int, height: int) -> bytes:
    image = resized(astronaut(), (width, height))
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(image), colorspace="BGR"))


def checked(home: Home, *sources: str) -> tuple[int, list[dict[str, Any]]]:
    lines: list[str] = []
    # Long enough for a first look on a machine that has much else to do.
    code = check_cameras(SourceOptions(sources), home, seconds=3.0, as_json=True, say=lines.append)
    return code, json.loads("".join(lines))["cameras"]


def test_a_camera_that_shows_a_face_is_fine(home: Home) -> None:
    with MjpegCamera(Manners(draw=portrait, size=(512, 512))) as camera:
        code, [told] = checked(home, camera.address)
    assert told["seen"]["faces"] > 0
    assert told["seen"]["size"] == [512, 512]
    assert told["seen"]["eyes_px"]["median"] > 24
    assert {v["about"] for v in told["verdicts"]} >= {"size", "focus", "framing", "light"}
    assert code == max(["fine", "better", "unusable"].index(v["grade"]) for v in told["verdicts"])


def test_a_folder_of_good_stills_is_fine_however_few_they_are(home: Home, tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(portrait(1, 512, 512))
    code, [told] = checked(home, str(tmp_path))
    assert (code, told["grade"]) == (0, "fine"), told["verdicts"]
    rate = next(each for each in told["verdicts"] if each["about"] == "rate")
    assert rate["text"] == "1 still of 512x512"


def test_the_worst_of_several_cameras_decides_and_each_is_told(home: Home) -> None:
    with (
        MjpegCamera(Manners(draw=portrait, size=(512, 512))) as good,
        MjpegCamera(Manners(status="404 Not Found")) as bad,
    ):
        code, told = checked(home, good.address, bad.address)
    assert code == 2
    assert [each["camera_id"] for each in told] == ["camera-1", "camera-2"]
    assert told[1]["grade"] == "unusable"
    assert "404" in told[1]["verdicts"][0]["text"]


def test_a_camera_that_speaks_rtsp_is_looked_at_as_well(home: Home) -> None:
    with RtspCamera() as camera:
        code, [told] = checked(home, camera.address)
    assert code == 1, "a picture of stripes shows nobody"
    assert told["seen"]["pictures"] > 1
    assert told["seen"]["size"] == [96, 64]


def test_lines_say_what_to_change(home: Home) -> None:
    lines: list[str] = []
    with MjpegCamera() as camera:
        options = SourceOptions((camera.address,))
        code = check_cameras(options, home, seconds=1.0, as_json=False, say=lines.append)
    assert code == 1
    assert lines[0] == "camera-1: better"
    assert any("walk through the picture" in line for line in lines)


def test_a_wrong_address_is_an_error_of_the_call(home: Home) -> None:
    with pytest.raises(InvalidInput, match="holds a password"):
        checked(home, "rtsp://admin:hunter2@gate/stream")


def test_a_camera_that_never_sends_is_given_up(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_FIRST_PICTURE_S", 0.5)
    with MjpegCamera(Manners(silent=True)) as camera:
        code, [told] = checked(home, camera.address)
    assert code == 2
    assert told["seen"]["pictures"] == 0


def test_masked_faces_arent_seen_and_others_are_held_against_the_zone(
    model_pack: ModelPack,
) -> None:
    face = resized(astronaut(), (512, 512))
    everything = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    corner = [(0.9, 0.9), (1.0, 0.9), (1.0, 1.0)]
    detector = open_detector(model_pack)

    def examined(**settings: object) -> Observation:
        seen = Observation()
        chosen = CameraSettings.model_validate({"source": "a.mp4"} | settings)
        examiner = Examiner(detector, chosen, min_score=0.7)
        examiner.examine(face.copy(), seen)
        assert not examiner._grey._memory.any()
        assert not examiner._crop.any()
        return seen

    assert len(examined().counted) == 1
    assert not examined(masks=[everything]).faces
    beside = examined(zone=corner)
    assert (len(beside.faces), len(beside.counted)) == (1, 0)


def test_nothing_of_a_look_is_left_in_its_buffers(home: Home, tmp_path: Path) -> None:
    with MjpegCamera() as camera:
        options = SourceOptions((camera.address,))
        [planned] = options.cameras()
        opener = SourceOpener(pixels_only=True)
        source = opener.open(planned.assigned("check"))
        watcher = looking._Watcher("one", source)
        detector = open_detector(load_pack(home.model_pack))
        watcher.run(Examiner(detector, planned.settings, min_score=0.7), 0.5)
        watcher.close()
    assert watcher.seen.examined > 0
    assert not any(buffer._memory.any() for buffer in watcher._latest._buffers)
    assert not list(tmp_path.iterdir())
