"""Reading a watchlist folder."""

from hashlib import sha256
from pathlib import Path

import pytest

from lethe.cli.watchlist.folder import SUBJECTS_LIMIT, read_watchlist
from lethe.cli.watchlist.images import IMAGE_LIMIT_BYTES
from lethe.contracts.errors import InvalidInput


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def faults_of(folder: Path) -> dict[str, str]:
    return {fault.file: fault.why for fault in read_watchlist(folder).faults}


def test_a_file_is_a_person_and_a_sub_folder_is_a_person_with_several_images(
    tmp_path: Path,
) -> None:
    put(tmp_path / "Ann.jpg", b"a")
    put(tmp_path / "Bob" / "one.png", b"b1")
    put(tmp_path / "Bob" / "two.png", b"b2")
    found = read_watchlist(tmp_path)
    assert [(p.number, p.details["name"]) for p in found.listed] == [("Ann", "Ann"), ("Bob", "Bob")]
    assert [[p.shown for p in each.pictures] for each in found.listed] == [
        ["Ann.jpg"],
        ["Bob/one.png", "Bob/two.png"],
    ]
    assert found.listed[0].pictures[0].image_sha256 == sha256(b"a").hexdigest()
    assert (found.faults, found.images) == ([], 3)


def test_files_of_the_system_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "Ann.jpg", b"a")
    put(tmp_path / ".DS_Store", b"x")
    put(tmp_path / "Thumbs.db", b"x")
    found = read_watchlist(tmp_path)
    assert (found.images, found.faults) == (1, [])


def test_one_person_as_file_and_as_folder_is_a_fault(tmp_path: Path) -> None:
    put(tmp_path / "ann" / "one.jpg", b"1")
    put(tmp_path / "ann.jpg", b"2")
    assert "twice" in faults_of(tmp_path)["ann.jpg"]


def test_names_that_differ_in_case_or_composition_are_one_person(tmp_path: Path) -> None:
    put(tmp_path / "Zo\u00eb.jpg", b"1")
    put(tmp_path / "zoe\u0308.png", b"2")
    assert len(faults_of(tmp_path)) == 1


def test_the_same_image_under_two_names_is_a_fault(tmp_path: Path) -> None:
    put(tmp_path / "ann.jpg", b"same")
    put(tmp_path / "bob.jpg", b"same")
    assert faults_of(tmp_path) == {"bob.jpg": "the same image as ann.jpg"}


def test_what_is_no_image_is_told_rather_than_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "ann.heic", b"x")
    put(tmp_path / "bob.jpg", b"")
    put(tmp_path / "huge.jpg", bytes(IMAGE_LIMIT_BYTES + 1))
    (tmp_path / "empty").mkdir()
    put(tmp_path / "carl" / "more" / "x.jpg", b"x")
    faults = faults_of(tmp_path)
    assert "not an image" in faults["ann.heic"]
    assert "empty" in faults["bob.jpg"]
    assert "larger" in faults["huge.jpg"]
    assert "no image" in faults["empty/"]
    assert "move its images up" in faults["carl/more"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is empty"):
        read_watchlist(tmp_path)


def test_a_folder_that_isnt_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="isn't a folder"):
        read_watchlist(tmp_path / "none")


def test_more_people_than_a_local_order_allows_are_refused(tmp_path: Path) -> None:
    for number in range(SUBJECTS_LIMIT + 1):
        put(tmp_path / f"{number}.jpg", str(number).encode())
    with pytest.raises(InvalidInput, match="at most 1000"):
        read_watchlist(tmp_path)
