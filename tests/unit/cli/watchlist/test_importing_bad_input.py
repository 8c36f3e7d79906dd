"""Whatever a table and its folder hold: each fault is told by row, and nothing is half done."""

import csv

import pytest
from tests.support.hostile_pictures import harmless, hostile
from tests.unit.cli.watchlist.conftest import HEADER, Office

from lethe.alert.errors import NotFound
from lethe.contracts.errors import InvalidInput

COLUMNS = HEADER.split(",")


def lists(office: Office, *rows: dict[str, str]) -> None:
    """Write a table whose cells hold whatever they hold."""
    with office.options.table.open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, COLUMNS)
        table.writeheader()
        table.writerows(rows)


def person(number: int, images: str, **cells: str) -> dict[str, str]:
    told = {"reference_number": f"N-{number}", "name": f"person {number}"}
    return told | {"category": "other", "grounds": "a warrant", "images": images} | cells


async def test_of_hostile_pictures_none_is_enrolled_and_each_is_told(office: Office) -> None:
    office.pipeline.decodes = True
    files = hostile() | harmless()
    for name, content in files.items():
        (office.options.folder / name).write_bytes(content)
    (office.options.folder / "telephone.heic").write_bytes(b"ftypheic")
    names = [*files, "telephone.heic"]
    lists(office, *(person(number, name) for number, name in enumerate(names)))
    with pytest.raises(InvalidInput, match="not everything could be enrolled"):
        await office.imports()
    told = {image: why for _, image, verdict, why in office.report() if verdict == "image rejected"}
    assert told.keys() == hostile().keys() | {"telephone.heic"}
    assert all(why.startswith(("unreadable", "not an image")) for why in told.values())
    rows = [line for line, image, verdict, _ in office.report() if verdict == "row rejected"]
    assert len(rows) == len(told), "nobody is listed without an image"
    listed = {names.index(name) for name in harmless()}
    assert set(await office.names()) == {f"person {number}" for number in listed}
    assert len(await office.web.watchlists.references("northtown-7")) == len(listed)


async def test_what_is_imported_with_the_bad_ones_mended_is_what_a_good_list_would_be(
    office: Office,
) -> None:
    office.pipeline.decodes = True
    (office.options.folder / "a.jpg").write_bytes(hostile()["slow.jpg"])
    (office.options.folder / "b.jpg").write_bytes(harmless()["print.jpg"])
    lists(office, person(1, "a.jpg"), person(2, "b.jpg"))
    with pytest.raises(InvalidInput):
        await office.imports()
    assert await office.names() == ["person 2"]
    (office.options.folder / "a.jpg").write_bytes(harmless()["sideways.jpg"])
    await office.imports()
    assert sorted(await office.names()) == ["person 1", "person 2"]
    assert len(await office.web.watchlists.references("northtown-7")) == 2


async def test_names_of_every_script_and_what_looks_like_a_formula_stay_as_they_are(
    office: Office,
) -> None:
    names = ["Zoë Müller", "山田 太郎", "محمد", "Ἀριστοτέλης", "O'Brien; DROP", "=1+1", "🙂 alias"]
    for number, _ in enumerate(names):
        office.image(f"{number}.jpg")
    lists(office, *(person(n, f"{n}.jpg", name=name) for n, name in enumerate(names)))
    await office.imports()
    assert await office.names() == names


@pytest.mark.parametrize(
    "name",
    ["two\nlines", "a bell\a", "\u202egnirts", "x" * 5_000, "\u200b"],
    ids=["a line break", "a control character", "an override", "too long", "nothing to see"],
)
async def test_a_name_that_would_forge_or_hide_something_is_a_fault_of_its_row(
    office: Office, name: str
) -> None:
    office.image("a.jpg")
    office.image("b.jpg")
    lists(office, person(1, "a.jpg", name=name), person(2, "b.jpg"))
    with pytest.raises(InvalidInput):
        await office.imports()
    assert await office.names() == ["person 2"]
    assert {line for line, *_ in office.report()} <= {"2", "3"}
    assert any("name" in why for *_, why in office.report())


async def test_with_a_clock_of_before_2020_nobody_is_listed_and_each_row_says_why(
    office: Office,
) -> None:
    for name in ("a.jpg", "b.jpg"):
        office.image(name)
    lists(office, person(1, "a.jpg"), person(2, "b.jpg"))
    office.web.clock.ms = -10 * 365 * 24 * 3_600_000
    with pytest.raises(InvalidInput):
        await office.imports()
    assert await office.names() == []
    told = {line: why for line, _, verdict, why in office.report() if verdict == "row rejected"}
    assert told.keys() == {"2", "3"}
    assert all("set it right" in why for why in told.values())


async def test_a_million_rows_are_refused_before_anything_is_sent(office: Office) -> None:
    row = "N-{0},person {0},other,a warrant,{0}.jpg,,\n"
    with office.options.table.open("w", encoding="utf-8") as stream:
        stream.write(HEADER + "\n")
        stream.writelines(row.format(number) for number in range(1_000_000))
    with pytest.raises(InvalidInput, match="more than 100,000 rows"):
        await office.imports()
    assert not office.options.report_file.exists()
    with pytest.raises(NotFound):
        await office.web.watchlists.versions.find("northtown-7")


async def test_a_cell_as_long_as_a_file_may_be_is_refused_before_anything_is_sent(
    office: Office,
) -> None:
    lists(office, person(1, "a.jpg", grounds="x" * (csv.field_size_limit() + 1)))
    with pytest.raises(InvalidInput, match="isn't CSV from line"):
        await office.imports()
    with pytest.raises(NotFound):
        await office.web.watchlists.versions.find("northtown-7")
