"""A watchlist is looked through before anything is started."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lethe.cli.live.terminal import Terminal
from lethe.cli.watchlist.people import People
from lethe.cli.watchlist.preflight import checked_watchlist
from lethe.contracts.errors import InvalidInput
from lethe.contracts.volunteers import CATEGORY


def picture(path: Path, shade: int = 90) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((40, 40, 3), shade, np.uint8))
    return path


def checked(folder: Path, *, skip_bad: bool) -> People:
    return checked_watchlist(folder, Terminal(headless=True), skip_bad=skip_bad)


def test_a_good_watchlist_passes_as_it_is(tmp_path: Path) -> None:
    picture(tmp_path / "Ann.png", 1)
    picture(tmp_path / "Bob" / "one.jpg", 2)
    found = checked(tmp_path, skip_bad=False)
    assert ([each.number for each in found.listed], found.faults) == (["Ann", "Bob"], [])


def test_images_that_cant_be_decoded_are_told_with_all_other_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = picture(tmp_path / "Ann.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "garbage.jpg").write_bytes(b"\xff\xd8\xffgarbage")
    (tmp_path / "notes.txt").write_text("who is who")
    with pytest.raises(InvalidInput, match="3 of the images"):
        checked(tmp_path, skip_bad=False)
    table = capsys.readouterr().err
    assert all(name in table for name in ("cut.jpg", "garbage.jpg", "notes.txt"))
    assert "Ann.jpg" not in table


def test_when_bad_ones_are_skipped_they_are_kept_to_be_told_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture(tmp_path / "Ann.png")
    (tmp_path / "garbage.jpg").write_bytes(b"\xff\xd8\xffgarbage")
    found = checked(tmp_path, skip_bad=True)
    assert [each.number for each in found.listed] == ["Ann"]
    assert [each.file for each in found.faults] == ["garbage.jpg"]
    assert found.faults[0].why.startswith("unreadable: ")
    assert capsys.readouterr().err == ""


def test_nothing_but_bad_ones_is_refused_also_when_they_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "garbage.jpg").write_bytes(b"\xff\xd8\xffgarbage")
    with pytest.raises(InvalidInput, match="no usable image"):
        checked(tmp_path, skip_bad=True)


def test_some_of_them_may_be_volunteers_and_nobody_else(tmp_path: Path) -> None:
    for number, name in enumerate(("Ann", "Bob")):
        picture(tmp_path / f"{name}.png", number)
    terminal = Terminal(headless=True)
    found = checked_watchlist(tmp_path, terminal, skip_bad=False, volunteers=("Bob",))
    assert [each.details["category"] for each in found.listed] == ["other", CATEGORY]
    with pytest.raises(InvalidInput, match=r"nobody in .* is called Cid, Dan"):
        checked_watchlist(tmp_path, terminal, skip_bad=False, volunteers=("Dan", "Bob", "Cid"))
