"""A watchlist's table is read row by row; what is wrong is told before anything is sent."""

import csv
import io
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from lethe.cli.__main__ import lethe
from lethe.cli.watchlist import table
from lethe.cli.watchlist.columns import BY_NAME, COLUMNS, details_of
from lethe.cli.watchlist.table import read_table
from lethe.contracts.errors import InvalidInput

HEADER = "reference_number,name,category,grounds,images"
ROW = "N-1,Zoë Müller,other,a warrant,a.jpg;b.jpg"


def written(folder: Path, content: str | bytes) -> Path:
    file = folder / "list.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize(
    ("content", "is_utf8"),
    [
        (f"{HEADER}\n{ROW}\n".encode(), True),
        (f"{HEADER}\r\n{ROW}".encode("utf-8-sig"), True),
        (f"{HEADER}\r\n{ROW}\r\n\r\n , ,,,\r\n".encode("cp1252"), False),
        (f'{HEADER}\n{ROW[:-11]}"a.jpg;b.jpg"\n'.replace(",", ";").encode(), True),
        (f"Reference Number, NAME ,category,grounds,Images\n{ROW}\n".encode(), True),
    ],
)  # fmt: skip
def test_common_encodings_and_delimiters_are_read(
    tmp_path: Path, content: bytes, *, is_utf8: bool
) -> None:
    found = read_table(written(tmp_path, content))
    assert (found.subjects, found.images, found.is_utf8) == (1, 2, is_utf8)
    [row] = found.rows()
    assert (row.cells["name"], row.line, row.fault) == ("Zoë Müller", 2, None)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "has no column reference_number, name, category, grounds, images in its first line"),
        (HEADER, "lists nobody"),
        ("name,category\nann,other", "has no column reference_number, grounds, images"),
        (f"{HEADER},colour\n", "has a column colour"),
        (f"{HEADER},\n", "has a column without a name"),
        (f"{HEADER},name\n", "has two columns name"),
        (f'{HEADER}\n"N-1,never closed\n{ROW}\n', "isn't CSV from line 2 on"),
        (f"{HEADER}\nN-1,{'x' * 200_000}\n", "isn't CSV from line 2 on"),
        (f"{HEADER}\n{ROW}\n".encode("utf-16"), "is in UTF-16: save it as CSV in UTF-8"),
        (f"{HEADER}\n\x81\n".encode("latin-1"), "neither UTF-8 nor Windows-1252"),
        (b"PK\x03\x04\0\0\0", "is no text"),
        (f"{HEADER}\n{ROW}\n".encode() + b"\xc3", "lists"),
    ],
)
def test_what_is_no_such_table_is_told_in_one_line(
    tmp_path: Path, content: str | bytes, why: str
) -> None:
    if why == "lists":
        # A character that is cut off is no UTF-8: read as Windows-1252, it is one more row.
        assert not read_table(written(tmp_path, content)).is_utf8
        return
    with pytest.raises(InvalidInput, match=r"list\.csv") as caught:
        read_table(written(tmp_path, content))
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    for file in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InvalidInput, match="can't be read"):
            read_table(file)


def test_a_row_with_other_cells_than_the_first_line_is_a_fault_of_its_own(tmp_path: Path) -> None:
    found = read_table(written(tmp_path, f"{HEADER}\nN-0,Ann, Bob,other,x,a.jpg\nN-2\n{ROW}\n"))
    faults = [row.fault for row in found.rows()]
    assert [fault is None for fault in faults] == [False, False, True]
    assert "6 cells where the first line has 5" in str(faults[0])


def test_more_rows_than_an_order_takes_are_refused_without_reading_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MOST_SUBJECTS", 3)
    file = written(tmp_path, "\n".join([HEADER, *[ROW] * 4, '"never closed']))
    with pytest.raises(InvalidInput, match="more than 3 rows"):
        read_table(file)


def test_the_template_is_a_table_whose_example_holds(tmp_path: Path) -> None:
    printed = CliRunner().invoke(lethe, ["watchlist", "template"]).output
    [row] = read_table(written(tmp_path, printed)).rows()
    details = details_of(row.cells)
    assert details["warning_markers"] == ["may be armed", "asthmatic"]
    assert (details["is_child"], details["expires_on"]) == (False, "2099-12-31")
    assert next(csv.reader(io.StringIO(printed))) == [column.name for column in COLUMNS]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"grounds": "  "}, "grounds is missing: why the subject is on the list"),
        ({"images": ""}, "images is missing"),
        ({"is_child": "maybe"}, "is_child: write yes or no"),
        ({"expires_on": "31/12/2026"}, "expires_on: write a date as 2026-12-31"),
        ({"review_on": "2026-02-30"}, "review_on: write a date as 2026-12-31"),
        ({"image_origin": "the web"}, "image_origin: write custody or other"),
        ({"name": "", "is_child": "x"}, "name is missing: a name or an alias; is_child: write"),
    ],
)
def test_a_cell_that_can_not_be_used_is_told_by_its_column(cells: dict[str, str], why: str) -> None:
    genuine = {name: column.example for name, column in BY_NAME.items()}
    with pytest.raises(InvalidInput, match=f"^{re.escape(why)}"):
        details_of(genuine | cells)
