"""A folder that grows: each new picture once, when it is complete."""

from __future__ import annotations

import shutil
from itertools import islice
from pathlib import Path

import cv2
import pytest
from tests.support.clips import striped

from lethe.ingest.sources import LeftOut, SourceFrame, SourceLost, SourceUnavailable
from lethe.ingest.sources.followed import FollowedFolder


def png(level: int) -> bytes:
    written, data = cv2.imencode(".png", striped(level))
    assert written
    return bytes(data)


class Looks:
    """Every wait is a look; before it, the test does what it wants done by then."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_s = 100.0
        self.deeds: list[object] = []

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        deed = self.deeds.pop(0) if self.deeds else None
        if callable(deed):
            deed()


@pytest.fixture(name="looks")
def looks_(tmp_path: Path) -> Looks:
    return Looks(tmp_path)


def followed(looks: Looks, max_fps: float | None = None) -> FollowedFolder:
    source = FollowedFolder(
        looks.folder, wait=looks.wait, clock=lambda: looks.now_s, max_fps=max_fps
    )
    source.open()
    return source


def shown(source: FollowedFolder, count: int) -> list[int | LeftOut | None]:
    """Return what the next so many yields bring, pictures as their red."""
    return [
        int(frame.image[30, 10, 2]) if isinstance(frame, SourceFrame) else frame
        for frame in islice(source.frames(), count)
    ]


def test_what_is_there_already_is_passed_over_and_new_pictures_are_taken(looks: Looks) -> None:
    (looks.folder / "old.png").write_bytes(png(100))
    source = followed(looks)
    looks.deeds = [None, lambda: (looks.folder / "new.png").write_bytes(png(150))]
    assert shown(source, 5) == [None, None, 150, None, None]


def test_a_picture_that_is_still_being_written_is_waited_for(looks: Looks) -> None:
    source = followed(looks)
    data = png(150)
    path = looks.folder / "slow.png"
    looks.deeds = [
        lambda: path.write_bytes(data[:40]),
        lambda: path.write_bytes(data[:80]),
        lambda: path.write_bytes(data),
    ]
    assert shown(source, 6) == [None, None, None, 150, None, None]
    assert source.garbled == 0


def test_pictures_come_in_the_order_of_their_names(looks: Looks) -> None:
    source = followed(looks)

    def put() -> None:
        for number, level in ((10, 170), (9, 160), (2, 150)):
            (looks.folder / f"{number}.png").write_bytes(png(level))

    looks.deeds = [put]
    assert shown(source, 4) == [None, 150, 160, 170]


def test_a_name_that_went_and_came_again_is_another_picture(looks: Looks) -> None:
    source = followed(looks)
    path = looks.folder / "snapshot.png"
    looks.deeds = [
        lambda: path.write_bytes(png(150)), None, path.unlink,
        lambda: path.write_bytes(png(180)),
    ]  # fmt: skip
    assert shown(source, 8) == [None, 150, None, None, None, 180, None, None]


def test_what_is_no_picture_is_counted_or_ignored(looks: Looks) -> None:
    source = followed(looks)

    def put() -> None:
        (looks.folder / "notes.txt").write_text("no picture")
        (looks.folder / ".hidden.png").write_bytes(png(150))
        (looks.folder / "broken.png").write_bytes(b"\x89PNG garbage")
        (looks.folder / "dangling.png").symlink_to(looks.folder / "nowhere")

    looks.deeds = [put]
    assert shown(source, 3) == [None, None, None]
    assert source.garbled == 1


def test_a_rate_cap_leaves_pictures_out(looks: Looks) -> None:
    source = followed(looks, max_fps=1)

    def put() -> None:
        for number in range(3):
            (looks.folder / f"{number}.png").write_bytes(png(150 + number))

    looks.deeds = [put]
    assert shown(source, 5) == [None, 150, LeftOut(), LeftOut(), None]


def test_pictures_are_overwritten_when_the_next_is_asked_for(looks: Looks) -> None:
    source = followed(looks)
    looks.deeds = [lambda: (looks.folder / "a.png").write_bytes(png(150))]
    frames = source.frames()
    lent = next(frame for frame in frames if isinstance(frame, SourceFrame)).image
    assert lent.any()
    next(frames)
    assert not lent.any()


def test_a_folder_that_goes_away_is_one_line_and_may_come_back(looks: Looks) -> None:
    source = followed(looks)
    shutil.rmtree(looks.folder)
    with pytest.raises(SourceLost, match="can't be listed any more"):
        shown(source, 1)
    with pytest.raises(SourceUnavailable, match="can't be listed"):
        source.open()
    looks.folder.mkdir()
    source.open()
    assert shown(source, 1) == [None]
