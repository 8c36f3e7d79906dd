"""A watchlist's table means the same on the desk as to `lethe watchlist import`."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.support.markdown import ROOT
from tools.node import node

from lethe.cli.watchlist.columns import COLUMNS
from lethe.cli.watchlist.faults import in_words
from lethe.cli.watchlist.listing import Listing
from lethe.cli.watchlist.people import Fault
from lethe.cli.watchlist.table import read_table
from lethe.contracts.errors import InvalidInput
from lethe.vision.extract import ReferenceFault

_SCRIPTS = ROOT / "services/alert/src/lethe/alert/web/static"
_READ = """
import { readFileSync } from "node:fs";
import { readTable } from "%s/table.js";
const bytes = readFileSync(process.argv[1]);
try {
  const all = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  console.log(JSON.stringify(readTable(all)));
} catch (refused) { console.log(JSON.stringify({ refused: refused.message })); }
"""
_WORDS = """
import { COLUMNS } from "%s/table.js";
import { FAULT_WORDS } from "%s/fault-words.js";
console.log(JSON.stringify({ COLUMNS, FAULT_WORDS }));
"""
HEADER = "reference_number,name,category,grounds,images"
ROW = "N-1,Zoë Müller,other,a warrant,a.jpg;b.jpg"
LONG = f"{HEADER},is_child,image_origin,review_on,warning_markers"


def run(script: str, *arguments: str) -> Any:
    asked = script.replace("%s", str(_SCRIPTS))
    command = [str(node()), "--input-type=module", "-e", asked, "--", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def written(folder: Path, content: str | bytes) -> Path:
    file = folder / "list.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\n{ROW}\n",
        f"{HEADER}\r\n{ROW}".encode("utf-8-sig"),
        f"{HEADER}\r\n{ROW}\r\n\r\n , ,,,\r\n".encode("cp1252"),
        f'{HEADER}\n{ROW[:-11]}"a.jpg;b.jpg"\n'.replace(",", ";"),
        f"Reference Number, NAME ,category,grounds,Images\n{ROW}\n",
        f'{HEADER}\nN-1,"Ann ""Mac"" X",other,"two\nlines",c.jpg\r{ROW.replace("N-1", "N-2")}',
        f'{HEADER}\nN-1,a "nickname",other,x,a.jpg\nn-1,Twice,other,x,b.jpg\nN-2,,,x,\n',
        f"{HEADER}\nN-1,short,other\n{ROW},more\n",
        f"{LONG}\n{ROW},YES,custody,2026-02-29,a; b;\n",
        f"{LONG}\n{ROW},no,,2026-12-31,a; b;\n",
        f"{LONG}\n{ROW},perhaps,prison,tomorrow,\n",
    ],
)
def test_the_same_rows_come_of_a_table(tmp_path: Path, content: str | bytes) -> None:
    file = written(tmp_path, content)
    for image in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / image).write_bytes(image.encode())
    table = read_table(file)
    faults: list[Fault] = []
    people = [
        (each.place.line, dict(each.details), [p.shown for p in each.pictures])
        for each in Listing(table, tmp_path, faults.append).people()
        if each.place
    ]
    read = run(_READ, str(file))
    rows = read["rows"]
    assert [(r["line"], r["details"], r["images"]) for r in rows if not r["fault"]] == people
    rejected = [(f.place.line, f.place.number, f.why) for f in faults if f.place]
    assert [(r["line"], r["number"], r["fault"]) for r in rows if r["fault"]] == rejected
    assert (read["isUtf8"], read["delimiter"]) == (table.is_utf8, table.delimiter)
    assert (len(rows), read["images"]) == (table.subjects, table.images)


@pytest.mark.parametrize(
    "content",
    [
        "",
        HEADER,
        "name,category\nann,other",
        f"{HEADER},colour\n",
        f"{HEADER},constructor\n",
        f"{HEADER},\n",
        f"{HEADER},name\n",
        f'{HEADER}\n"N-1,never closed\n{ROW}\n',
        f'{HEADER}\n"N-1"x,{ROW}\n',
        f"{HEADER}\n{ROW.replace('Zoë', chr(34) + 'Zoë' + chr(10) + chr(34))}\n",
        f'{HEADER}\n{ROW}\n\n"N-2,never closed\n{ROW}\n{ROW}\n',
        f"{HEADER}\nN-1,{'x' * 200_000}\n",
        f"{HEADER}\n{ROW}\n".encode("utf-16"),
        b"PK\x03\x04\0\0\0",
        f"{HEADER}\n" + "N,n,other,x,a.jpg\n" * 100_001,
    ],
)
def test_what_is_no_such_table_is_told_in_the_same_words(
    tmp_path: Path, content: str | bytes
) -> None:
    file = written(tmp_path, content)
    with pytest.raises(InvalidInput) as caught:
        read_table(file)
    told = run(_READ, str(file))["refused"].removeprefix("it ")
    # Each names the file in its way, and the command says where to look further.
    assert str(caught.value).removeprefix(f"{file} ").startswith(told)


def test_columns_and_advice_are_the_commands() -> None:
    words = run(_WORDS)
    assert {
        name: (each["told"], each.get("isNeeded", False)) for name, each in words["COLUMNS"].items()
    } == {column.name: (column.told, column.is_required) for column in COLUMNS}
    faults = {*ReferenceFault, "unreadable", "unlike"}
    assert words["FAULT_WORDS"] == {str(fault): in_words(fault) for fault in faults}
