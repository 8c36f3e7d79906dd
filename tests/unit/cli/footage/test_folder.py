from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from lethe.cli.footage import FootageUnavailable, build_evaluation
from lethe.cli.footage import folder as folders
from lethe.cli.footage.cast import Person, demonstration_cast
from lethe.cli.footage.demonstration import demonstration_cameras
from lethe.cli.footage.folder import publish
from lethe.cli.footage.lfw import evaluation_cameras
from lethe.cli.footage.render import Camera

if TYPE_CHECKING:
    from pathlib import Path


def _short_camera(name: str = "camera-1") -> Camera:
    one = demonstration_cameras()[0].passes[0]
    return Camera(name, (replace(one, start_s=0.0, end_s=0.4),), seed=3)


def _never() -> list[Camera]:
    raise AssertionError("nothing was to be rendered")


def _people(folder: Path, counts: list[int]) -> Path:
    rng = np.random.default_rng(1)
    for number, count in enumerate(counts):
        own = folder / f"Somebody_{number:03}"
        own.mkdir(parents=True)
        for photograph in range(count):
            image = rng.integers(0, 255, (250, 250, 3), dtype=np.uint8)
            assert cv2.imwrite(str(own / f"{photograph:04}.jpg"), image)
    return folder


def test_a_folder_holds_video_script_and_watchlist(tmp_path: Path) -> None:
    made = publish(tmp_path / "demo", lambda: [_short_camera()], recipe={"seed": 1})
    assert sorted(path.name for path in made.iterdir()) == [
        "camera-1.mp4",
        "script.json",
        "watchlist",
    ]
    assert [path.name for path in (made / "watchlist").iterdir()] == ["astronaut.png"]
    script = json.loads((made / "script.json").read_text(encoding="utf-8"))
    assert (script["fps"], script["width"], script["height"]) == (12, 1280, 720)
    camera = script["cameras"]["camera-1"]
    assert (camera["file"], camera["duration_s"]) == ("camera-1.mp4", 1)
    entry = camera["passes"][0]
    assert (entry["person"], entry["listed"]) == ("astronaut", True)
    assert (entry["start_s"], entry["end_s"]) == (0.0, 0.4)
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_complete_footage_isnt_rendered_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = publish(tmp_path / "demo", lambda: [_short_camera()], recipe={"seed": 1})
    assert publish(made, _never, recipe={"seed": 1}) == made
    with pytest.raises(AssertionError, match="nothing was to be rendered"):
        publish(made, _never, recipe={"seed": 2})
    monkeypatch.setattr(folders, "RENDERER_VERSION", folders.RENDERER_VERSION + 1)
    with pytest.raises(AssertionError, match="nothing was to be rendered"):
        publish(made, _never, recipe={"seed": 1})


def test_old_or_incomplete_footage_is_replaced(tmp_path: Path) -> None:
    made = publish(tmp_path / "demo", lambda: [_short_camera()], recipe={"seed": 1})
    (made / "camera-1.mp4").unlink()
    publish(made, lambda: [_short_camera()], recipe={"seed": 1})
    assert (made / "camera-1.mp4").is_file()
    publish(made, lambda: [_short_camera("camera-7")], recipe={"seed": 2})
    assert not (made / "camera-1.mp4").exists()
    assert (made / "camera-7.mp4").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_rendering_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "render_camera", full)
    with pytest.raises(FootageUnavailable, match=r"No space left on device.*make room"):
        publish(tmp_path / "demo", lambda: [_short_camera()], recipe={"seed": 1})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_files_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "holiday.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FootageUnavailable, match="holds other files"):
        publish(tmp_path, _never, recipe={"seed": 1})
    assert (tmp_path / "holiday.txt").read_text(encoding="utf-8") == "mine"


def test_several_references_become_a_sub_folder(tmp_path: Path) -> None:
    image = np.zeros((20, 20, 3), dtype=np.uint8)
    camera = _short_camera()
    person = Person("person-1", listed=True, portraits=(), references=(image, image))
    camera = replace(camera, passes=(replace(camera.passes[0], person=person),))
    made = publish(tmp_path / "demo", lambda: [camera], recipe={"seed": 1})
    names = sorted(path.name for path in (made / "watchlist" / "person-1").iterdir())
    assert names == ["1.png", "2.png"]


def test_the_cast_is_seven_with_references_for_the_listed_only() -> None:
    cast = demonstration_cast()
    assert [person.name for person in cast if person.listed] == ["astronaut", "person-3"]
    assert len(cast) == 7
    assert all(bool(person.references) == person.listed for person in cast)


def test_evaluation_shows_everybody_and_never_a_reference(tmp_path: Path) -> None:
    faces = _people(tmp_path / "faces", [3] * 4 + [2] * 3 + [1] * 8)
    cameras = evaluation_cameras(faces, people=12, listed=4, seed=1)
    passes = [one for camera in cameras for one in camera.passes]
    everybody = {one.person.name: one.person for one in passes}
    assert sorted(everybody) == [f"person-{number:02}" for number in range(1, 13)]
    listed = [person for person in everybody.values() if person.listed]
    assert len(listed) == 4
    for camera in cameras:
        assert {person.name for person in listed} <= {one.person.name for one in camera.passes}
    for person in listed:
        reference = person.references[0]
        shown = [one.portrait.image for one in passes if one.person.name == person.name]
        assert not any(np.array_equal(image[36:226, 48:202], reference) for image in shown)


def test_evaluation_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    faces = _people(tmp_path / "faces", [2] * 4 + [1] * 6)
    one, two, other = (
        [camera.describe() for camera in evaluation_cameras(faces, 8, 3, seed)]
        for seed in (1, 1, 2)
    )
    assert one == two
    assert one != other


def test_too_few_people_are_refused(tmp_path: Path) -> None:
    faces = _people(tmp_path / "faces", [2, 1, 1])
    with pytest.raises(FootageUnavailable, match="too few people"):
        evaluation_cameras(faces, people=3, listed=2, seed=1)
    with pytest.raises(FootageUnavailable, match="isn't a folder"):
        evaluation_cameras(tmp_path / "nowhere", people=3, listed=2, seed=1)


def test_a_photograph_of_another_size_is_refused(tmp_path: Path) -> None:
    faces = _people(tmp_path / "faces", [2, 1])
    small = np.zeros((100, 100, 3), dtype=np.uint8)
    assert cv2.imwrite(str(faces / "Somebody_001" / "0000.jpg"), small)
    with pytest.raises(FootageUnavailable, match="250 x 250"):
        evaluation_cameras(faces, people=2, listed=1, seed=1)


def test_faces_never_go_into_a_repository_outside_lethe(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    faces = _people(tmp_path / "faces", [1])
    with pytest.raises(FootageUnavailable, match=r"belong under \.lethe/"):
        build_evaluation(faces, tmp_path / "bench" / "footage")
    # Inside .lethe/ the same call gets as far as counting the people.
    with pytest.raises(FootageUnavailable, match="too few people"):
        build_evaluation(faces, tmp_path / ".lethe" / "footage")
