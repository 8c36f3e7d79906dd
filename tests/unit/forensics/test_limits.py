"""The table of what can't be removed binds in both directions, and the page prints it."""

from pathlib import Path

import pytest
from tests.forensics.attack import Residue
from tests.forensics.limits import Row, as_markdown, beyond, listed, outdated
from tests.support.markdown import ROOT

PAGE = ROOT / "docs" / "explanation" / "limits-of-erasure.md"
ROW = Row(
    place="memory of match",
    kind="template",
    bytes=512,
    lifetime_s=60,
    faults=("none", "kill-match"),
    reason="for the sake of an example in a test",
)
FOUND = Residue("none", "idle", "memory of match", "template", 512, 60.0)


def test_what_is_listed_is_allowed() -> None:
    assert beyond([FOUND], [ROW]) == []


@pytest.mark.parametrize(
    "more",
    [
        {"kept_bytes": 513},
        {"age_s": 60.1},
        {"place": "memory of detect"},
        {"kind": "key"},
        {"fault": "stop-match"},
    ],
)
def test_what_is_more_than_listed_is_not(more: dict[str, object]) -> None:
    residue = Residue(**{**{f: getattr(FOUND, f) for f in FOUND.__slots__}, **more})
    assert beyond([residue], [ROW]) == [residue]


def test_a_row_that_no_longer_occurs_is_outdated() -> None:
    assert outdated([], [ROW], ["none", "kill-match", "kill-alert"]) == [ROW]
    assert outdated([FOUND], [ROW], ["none", "kill-match"]) == []


def test_a_row_of_a_run_that_did_not_take_place_may_still_occur() -> None:
    assert outdated([], [ROW], ["none"]) == []


def test_a_row_without_a_reason_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "limits.toml"
    table.write_text('[[row]]\nplace = "p"\nkind = "key"\nbytes = 1\nlifetime_s = 1\nreason = ""\n')
    with pytest.raises(ValueError, match="reason"):
        listed(table)


def test_the_page_prints_the_table() -> None:
    assert as_markdown(listed()) in PAGE.read_text(encoding="utf-8")
