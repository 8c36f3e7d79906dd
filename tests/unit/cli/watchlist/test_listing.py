"""Rows become people with images of the folder, of nowhere else; the rest is told by row."""

import unicodedata
from pathlib import Path

import pytest

from lethe.cli.watchlist.listing import Listing
from lethe.cli.watchlist.people import Fault, Person, Verdict
from lethe.cli.watchlist.table import read_table

HEADER = "reference_number,name,category,grounds,images,is_child"


class Desk:
    """A table beside a folder with a few images."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "images"
        (self.folder / "sub").mkdir(parents=True)
        for name in ("ann.jpg", "sub/bob.png", unicodedata.normalize("NFD", "zoë.jpg")):
            (self.folder / name).write_bytes(name.encode())
        (folder / "secret.jpg").write_bytes(b"outside")
        self.faults: list[Fault] = []

    def listed(self, *rows: str) -> list[Person]:
        file = self.folder.parent / "list.csv"
        file.write_text("\n".join([HEADER, *rows]))
        listing = Listing(read_table(file), self.folder, self.faults.append)
        found = list(listing.people())
        self.passed_over = listing.passed_over
        return found


@pytest.fixture(name="desk")
def desk_(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_row_is_somebody_with_images(desk: Desk) -> None:
    [ann, zoe] = desk.listed(
        "N-1,Ann,other,a warrant,ann.jpg; sub/bob.png,yes", "N-2,Zoë,other,a warrant,zoë.jpg,"
    )
    assert ann.details == {
        "reference_number": "N-1",
        "name": "Ann",
        "category": "other",
        "grounds": "a warrant",
        "instructions": "",
        "warning_markers": [],
        "conditions": "",
        "is_child": True,
        "is_vulnerable": False,
        "image_origin": "other",
        "image_note": "",
        "review_on": None,
        "expires_on": None,
    }
    assert [picture.shown for picture in ann.pictures] == ["ann.jpg", "sub/bob.png"]
    assert zoe.pictures[0].path.name == unicodedata.normalize("NFD", "zoë.jpg")
    assert (desk.faults, desk.passed_over) == ([], 0)


@pytest.mark.parametrize(
    "name", ["../secret.jpg", "sub/../../secret.jpg", "/etc/passwd", "C:\\a.jpg", "..\\secret.jpg"]
)
def test_a_path_that_leaves_the_folder_is_refused(desk: Desk, name: str) -> None:
    assert desk.listed(f"N-1,Ann,other,a warrant,{name},") == []
    image, row = desk.faults
    assert (image.file, image.verdict, row.verdict) == (name, Verdict.IMAGE, Verdict.ROW)
    assert "not the name of a file in the folder" in image.why
    assert "none of its images" in row.why


def test_a_link_that_leaves_the_folder_is_refused_and_one_within_is_not(desk: Desk) -> None:
    (desk.folder / "out.jpg").symlink_to(desk.folder.parent / "secret.jpg")
    (desk.folder / "in.jpg").symlink_to(desk.folder / "ann.jpg")
    [ann] = desk.listed("N-1,Ann,other,a warrant,out.jpg;in.jpg,")
    assert [picture.shown for picture in ann.pictures] == ["in.jpg"]
    assert [fault.why for fault in desk.faults] == [
        "it is a link that leaves the folder: copy the file into it"
    ]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("N-1,Ann,other,,ann.jpg,", "grounds is missing"),
        ("N-1,Ann,other,x,ann.jpg,maybe", "is_child: write yes or no"),
        ("N-1,Ann,other,x,ann.jpg", "5 cells where the first line has 6"),
    ],
)
def test_a_row_that_can_not_be_used_is_told_with_its_line_and_hinders_no_other(
    desk: Desk, row: str, why: str
) -> None:
    people = desk.listed(row, "N-2,Bob,other,x,sub/bob.png,")
    assert [person.number for person in people] == ["N-2"]
    [fault] = desk.faults
    assert fault.place is not None
    assert (fault.place.line, fault.place.number, fault.verdict) == (2, "N-1", Verdict.ROW)
    assert why in fault.why
    assert desk.passed_over == 1


def test_a_number_and_an_image_are_listed_once(desk: Desk) -> None:
    [ann, carl] = desk.listed(
        "N-1,Ann,other,x,ann.jpg,",
        "n-1,Bob,other,x,sub/bob.png,",
        "N-3,Carl,other,x,ann.jpg;zoë.jpg,",
    )
    assert (ann.number, carl.number) == ("N-1", "N-3")
    assert [fault.why for fault in desk.faults] == [
        "reference_number: line 2 has it already",
        "the same image as ann.jpg",
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none.jpg", "there is no such file"),
        (f"{'x' * 300}.jpg", "there is no such file"),
        ("sub", "not a file"),
        ("live.heic", "not an image (JPEG, PNG, WebP, BMP or TIFF): save it as JPEG"),
        ("notes", "not an image"),
        ("empty.png", "the file is empty"),
    ],
)
def test_a_file_that_is_no_image_is_told(desk: Desk, name: str, why: str) -> None:
    for other in ("live.heic", "notes", "empty.png"):
        (desk.folder / other).write_bytes(b"" if other.startswith("empty") else b"x")
    assert desk.listed(f"N-1,Ann,other,x,{name},") == []
    assert why in desk.faults[0].why
    assert desk.passed_over == 1
