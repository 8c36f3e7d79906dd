"""Bad input ends a real `lethe` with exit code 2 and one line on stderr that says what to do."""

import json
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.clips import write_clip
from tests.support.ended import Ended, Run, running_in
from tests.support.homes import make_home
from tests.support.images import astronaut, group_photo, resized, scaled

from lethe.cli.home import Home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("home") / ".lethe")


@pytest.fixture
def run(home: Home, tmp_path: Path) -> Run:
    return running_in(tmp_path, home.folder)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "hall.mp4")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    folder.mkdir()
    save(folder / "Eileen.png", astronaut())
    return folder


def save(path: Path, image: np.ndarray) -> None:
    assert cv2.imwrite(str(path), image)


def test_a_source_that_doesnt_exist(run: Run, people: Path) -> None:
    run("watch", "none.mp4", "--watchlist", people).refused("none.mp4", "doesn't exist")


def test_a_source_that_isnt_video(run: Run, people: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("minutes of the meeting\n" * 500)
    run("watch", "notes.mp4", "--watchlist", people).refused("notes.mp4")


def test_a_source_that_ends_before_its_first_picture(
    run: Run, people: Path, tmp_path: Path
) -> None:
    whole = write_clip(tmp_path / "whole.mp4", movflags="faststart").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: whole.index(b"mdat") + 4])
    run("watch", "cut.mp4", "--watchlist", people).refused("cut.mp4")


def test_a_folder_without_stills(run: Run, people: Path, tmp_path: Path) -> None:
    (tmp_path / "stills").mkdir()
    run("watch", "stills", "--watchlist", people).refused("stills")


def test_one_bad_source_among_good_ones_starts_nothing(run: Run, clip: Path, people: Path) -> None:
    ended = run("watch", clip, "none.mp4", "--watchlist", people)
    ended.refused("none.mp4")
    assert ended.out == ""


def test_a_file_name_that_would_forge_a_second_line(run: Run, people: Path) -> None:
    run("watch", "none\nlethe: all is well\x1b[2J.mp4", "--watchlist", people).refused("none")


def test_an_empty_watchlist_folder(run: Run, clip: Path, tmp_path: Path) -> None:
    (tmp_path / "nobody").mkdir()
    run("watch", clip, "--watchlist", "nobody").refused("nobody is empty", "add one image")


def test_a_watchlist_that_isnt_there(run: Run, clip: Path) -> None:
    run("watch", clip, "--watchlist", "nobody").refused("nobody")


def test_a_watchlist_with_nothing_but_unreadable_images(
    run: Run, clip: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "ann.jpg").touch()
    ended = run("watch", clip, "--watchlist", "bad")
    assert ended.code == 2
    assert "ann.jpg" in ended.err
    assert ended.err.splitlines()[-1].startswith("lethe: 1 of the images in bad")


def test_a_port_in_use(run: Run, clip: Path, people: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ended = run("watch", clip, "--watchlist", people, "--port", port)
    ended.refused(f"port {port} is in use", "--port")


def test_a_data_folder_without_space(run: Run, clip: Path, people: Path, tmp_path: Path) -> None:
    ended = run(
        "watch", clip, "--watchlist", people, "--port", 0, "--data", tmp_path / "d", no_space=True
    )
    ended.refused("can't be written", "--data")


def test_no_space_for_temporary_files(run: Run, clip: Path, people: Path) -> None:
    run("watch", clip, "--watchlist", people, "--port", 0, no_space=True).refused("--data")


def test_a_data_folder_that_cant_be_made(run: Run, clip: Path, people: Path) -> None:
    ended = run("watch", clip, "--watchlist", people, "--port", 0, "--data", clip / "data")
    ended.refused("can't be made", "--data")


@pytest.mark.parametrize("report", ["none/report.json", "."])
def test_a_report_without_a_place(run: Run, clip: Path, people: Path, report: str) -> None:
    run("watch", clip, "--watchlist", people, "--report", report).refused("--report")


def test_a_model_with_another_hash(
    run: Run, home: Home, clip: Path, people: Path, tmp_path: Path
) -> None:
    tampered = Home(tmp_path / "tampered")
    shutil.copytree(home.folder, tampered.folder)
    (model,) = tampered.model_pack.glob("*yunet*.onnx")
    content = bytearray(model.read_bytes())
    content[-1] ^= 1
    model.write_bytes(content)
    ended = run("watch", clip, "--watchlist", people, home_folder=tampered.folder)
    ended.refused("SHA-256", "lethe models build")


def test_a_roster_that_somebody_changed(
    run: Run, home: Home, clip: Path, people: Path, tmp_path: Path
) -> None:
    tampered = Home(tmp_path / "tampered")
    shutil.copytree(home.folder, tampered.folder)
    roster = tampered.trust / "roster.json"
    content = json.loads(roster.read_text())
    content["signature"] = content["signature"][::-1]
    roster.write_text(json.dumps(content))
    ended = run("watch", clip, "--watchlist", people, home_folder=tampered.folder)
    ended.refused("make setup")


def test_a_machine_that_isnt_set_up(run: Run, tmp_path: Path) -> None:
    run("demo", home_folder=tmp_path / "none").refused("make setup")


@pytest.mark.parametrize(
    "arguments", [["demo", "--threshold", "2"], ["demo", "--port", "x"], ["watch", "a.mp4"]]
)
def test_a_wrong_call(run: Run, arguments: list[str]) -> None:
    run(*arguments).refused("--help")


@pytest.fixture
def faceless(people: Path) -> Path:
    """Make a watchlist with every fault that only the services find, beside one good image."""
    face = astronaut()
    save(people / "nobody.png", np.full((400, 400, 3), 90, np.uint8))
    save(people / "group.jpg", group_photo())
    save(people / "tiny.png", scaled(face, 0.12))
    save(people / "blurred.png", cv2.GaussianBlur(face, (0, 0), 9))
    save(people / "twin.png", resized(face[:, ::-1].copy(), (500, 500)))
    return people


@pytest.fixture
def faulty(faceless: Path) -> Path:
    """Add every fault that is known before anything starts."""
    (faceless / "garbage.jpg").write_bytes(b"\xff\xd8\xff" + np.random.default_rng(1).bytes(3000))
    (faceless / "cut.jpg").write_bytes((faceless / "group.jpg").read_bytes()[:-9000])
    (faceless / "empty.jpg").touch()
    (faceless / "copy.png").write_bytes((faceless / "Eileen.png").read_bytes())
    (faceless / "hollow").mkdir()
    (faceless / "eileen.jpg").write_bytes(b"another picture of her")
    (faceless / "notes.txt").write_text("who is who")
    return faceless


FACELESS = ("nobody.png", "group.jpg", "tiny.png", "blurred.png", "twin.png")
FAULTY = (
    "garbage.jpg", "cut.jpg", "empty.jpg", "copy.png", "hollow/", "eileen.jpg", "notes.txt",
)  # fmt: skip


def told_in_a_table(ended: Ended, names: Sequence[str]) -> None:
    assert ended.code == 2, ended.err
    *table, last = ended.err.splitlines()
    assert last.startswith(f"lethe: {len(names)} of the images"), ended.err
    assert "--skip-bad" in last
    shown = "\n".join(table)
    assert all(name in shown for name in names)


def test_what_is_wrong_with_a_watchlist_is_told_before_anything_starts(
    run: Run, clip: Path, faulty: Path
) -> None:
    ended = run("watch", clip, "--watchlist", faulty, "--port", 0, "--once")
    told_in_a_table(ended, FAULTY)
    assert ended.out == ""


def test_what_the_services_find_wrong_with_a_watchlist_is_told_in_a_table(
    run: Run, clip: Path, faceless: Path
) -> None:
    ended = run("watch", clip, "--watchlist", faceless, "--port", 0, "--once")
    told_in_a_table(ended, FACELESS)


def test_faulty_watchlist_images_are_passed_over_when_asked(
    run: Run, clip: Path, faulty: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    ended = run(
        "watch", clip, "--watchlist", faulty, "--port", 0, "--once", "--skip-bad",
        "--report", report, "--threshold", "0.75",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert all(name in ended.err for name in (*FACELESS, *FAULTY))
    order = json.loads(report.read_text())["order"]
    assert (order["watchlist_size"], order["threshold"]) == (1, 0.75)


@pytest.mark.parametrize("mode", [["--once"], ["--seconds", "9"]], ids=["once", "looping"])
def test_a_source_that_turns_to_garbage_is_told_and_spoils_only_itself(
    run: Run, clip: Path, people: Path, tmp_path: Path, mode: list[str]
) -> None:
    whole = bytearray(
        write_clip(tmp_path / "spoilt.mp4", frames=48, movflags="faststart").read_bytes()
    )
    middle = (whole.index(b"mdat") + len(whole)) // 2
    whole[middle:] = np.random.default_rng(1).bytes(len(whole) - middle)
    (tmp_path / "spoilt.mp4").write_bytes(whole)
    report = tmp_path / "report.json"
    ended = run(
        "watch", "spoilt.mp4", clip, "--watchlist", people, "--port", 0, "--report", report, *mode
    )
    cameras = json.loads(report.read_text())["cameras"]
    garbled = cameras["camera-1"]["garbled"]
    assert garbled > 0
    assert cameras["camera-2"]["garbled"] == 0
    assert cameras["camera-2"]["fault"] is None
    assert cameras["camera-2"]["offered"] >= 24
    assert cameras["camera-1"]["offered"] > 0
    assert ended.code == 2
    *notices, last = ended.err.splitlines()
    why = f"camera-1: {garbled} of its pictures couldn't be decoded: the footage is damaged"
    assert last.startswith(f"lethe: 1 of the sources failed ({why}"), ended.err
    assert all(notice.startswith("camera-1") for notice in notices), ended.err
    assert any("couldn't be decoded" in notice for notice in notices), ended.err
