"""`lethe watchlist import` against real services: whatever a table and its folder hold."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from tests.support.chosen_broker import OnBroker
from tests.support.hostile_pictures import harmless, hostile
from tests.support.images import astronaut, group_photo, resized, scaled
from tools.running import RunningLethe, running_lethe, wait_until

from lethe.cli.home import find_home

pytestmark = pytest.mark.alone

LIST = "northtown-7"
IMAGES = 120
HEADER = "reference_number,name,category,grounds,images,expires_on"


@pytest.fixture(name="lethe")
def lethe_(tmp_path: Path, on_broker: OnBroker) -> Iterator[RunningLethe]:
    with running_lethe(tmp_path, "up", *on_broker(), reports=False) as lethe:
        yield lethe


def pictures() -> dict[str, np.ndarray]:
    """Return pictures by the reason for which they are rejected; the last two are two people."""
    face = astronaut()
    return {
        "nobody.png": np.full((400, 400, 3), 90, np.uint8),
        "group.jpg": group_photo(),
        "tiny.png": scaled(face, 0.18),
        "half.png": np.ascontiguousarray(face[:132]),
        "blurred.png": cv2.GaussianBlur(face, (0, 0), 9),
        "twin.png": resized(face[:, ::-1].copy(), (500, 500)),
        "ann.png": face,
        "stranger.png": stranger(),
    }


def stranger() -> np.ndarray:
    """Return a picture of somebody else than the astronaut."""
    known = sorted((find_home().demonstration / "watchlist").rglob("*.png"))
    read = cv2.imread(str(next(each for each in known if "astronaut" not in str(each).lower())))
    assert read is not None
    return read


WHY = {
    "nobody.png": "no face was found",
    "group.jpg": "several faces were found",
    "tiny.png": "the face is too small",
    "half.png": "edge cuts the face",
    "blurred.png": "the face is blurred",
    "twin.png": "the same person as",
    "copy.png": "the same image as ann.png",
    "gone.png": "there is no such file",
    "../outside.png": "not the name of a file",
}


def written(folder: Path) -> Path:
    """Write a table of everything that can be wrong with one, and somebody in ten kinds of file."""
    for name, picture in pictures().items():
        assert cv2.imwrite(str(folder / name), picture)
    for name, content in (hostile() | harmless()).items():
        (folder / name).write_bytes(content)
    for quality, name in enumerate(("bare.jpg", "over.jpg", "zoo.jpg"), 90):
        told = [cv2.IMWRITE_JPEG_QUALITY, quality]
        assert cv2.imwrite(str(folder / name), astronaut(), told)
    (folder / "copy.png").write_bytes((folder / "ann.png").read_bytes())
    faulty = [*WHY, *hostile()]
    rows = [
        f"F-{number},name {number},other,a warrant,{name}," for number, name in enumerate(faulty)
    ]
    rows += [
        "G-1,no grounds,other,,bare.jpg,",
        "G-2,over,other,a warrant,over.jpg,2019-01-01",
        "G-3,no such category,zoo,a warrant,zoo.jpg,",
    ]
    # First: of whom an image is there twice, the first has it.
    good = ["ann.png", "stranger.png", *harmless()]
    table = folder / "list.csv"
    table.write_text("\n".join([HEADER, f"N-1,Añn 山田,other,a warrant,{';'.join(good)},", *rows]))
    return table


def test_each_fault_is_told_by_row_and_whatever_shows_somebody_is_enrolled(
    lethe: RunningLethe, tmp_path: Path
) -> None:
    (tmp_path / "images").mkdir()
    table, report = written(tmp_path / "images"), tmp_path / "report.csv"
    command = [sys.executable, "-m", "lethe.cli", "watchlist", "import", str(table)]
    options = ["--images", str(table.parent), "--id", LIST, "--report", str(report)]
    for _ in range(2):
        done = subprocess.run(
            [*command, *options, "--alert-url", lethe.alert_url],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"COLUMNS": "200"},
        )
        assert done.returncode == 2, done.stderr
        assert "1 of" in done.stdout
        told = list(csv.DictReader(report.read_text(encoding="utf-8-sig").splitlines()))
        rejected = {r["image"]: r["why"] for r in told if r["verdict"] == "image rejected"}
        for image, why in WHY.items():
            assert any(why in r["why"] for r in told if r["image"] == image), (image, told)
        for image in hostile():
            assert rejected[image].startswith(("unreadable", "not an image")), image
        rows = {r["reference_number"]: r["why"] for r in told if r["verdict"] == "row rejected"}
        assert "grounds is missing" in rows["G-1"]
        assert "last day" in rows["G-2"]
        assert "category" in rows["G-3"]
        flagged = [r for r in told if r["verdict"] == "flagged"]
        assert all("none of the subject's other images" in r["why"] for r in flagged)
        assert flagged, "one subject whose images look like different people"
        known = lethe.ask(f"/api/v1/watchlists/{LIST}").json()
        assert (known["subjects"], known["settled"]) == (1, True)
        assert known["references"]["enrolled"] == len(harmless()) + 2


def test_an_import_that_is_killed_goes_on_with_what_is_missing_and_does_nothing_twice(
    lethe: RunningLethe, tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    random = np.random.default_rng(1)
    names = [f"{number}.jpg" for number in range(IMAGES)]
    for name in names:
        noisy = astronaut() + random.normal(0, 4, (512, 512, 3))
        assert cv2.imwrite(str(folder / name), np.clip(noisy, 0, 255).astype(np.uint8))
    table = folder / "list.csv"
    table.write_text("\n".join([HEADER, f"N-1,Ann,other,a warrant,{';'.join(names)},"]))
    command = [sys.executable, "-m", "lethe.cli", "watchlist", "import", str(table)]
    command += ["--images", str(folder), "--id", LIST, "--alert-url", lethe.alert_url]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        wait_until(lambda: 0 < settled(lethe) < IMAGES)
        process.kill()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert settled(lethe) == IMAGES
    whys = [entry["why"] for entry in audited(lethe)]
    for why in ("an image of a subject was added", "an image was enrolled"):
        assert whys.count(why) == IMAGES, why
    assert whys.count("a subject was added") == 1


def settled(lethe: RunningLethe) -> int:
    """Return how many images are enrolled."""
    try:
        known = lethe.ask(f"/api/v1/watchlists/{LIST}").json()
    except httpx.HTTPStatusError:
        return 0
    return int(known["references"]["enrolled"])


def audited(lethe: RunningLethe) -> list[dict[str, Any]]:
    """Return all entries of the audit log."""
    found: list[dict[str, Any]] = []
    while page := lethe.ask(f"/api/v1/audit?after={len(found)}&limit=1000").json()["entries"]:
        found += page
        if len(page) < 1_000:
            break
    return found
