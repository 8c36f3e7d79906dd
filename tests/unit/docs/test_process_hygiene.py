"""What the page on process hygiene says is proved by something that exists."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from tests.support.markdown import ROOT

AREAS = {
    "memory", "core dumps", "allocator", "buffers", "temporary files", "logs", "metrics labels",
    "traces", "exceptions", "dead letters", "swap",
}  # fmt: skip
PAGE = (ROOT / "docs" / "explanation" / "process-hygiene.md").read_text()
ROWS = {
    cells[0]: re.findall(r"`([^`]+)`", cells[2])
    for line in PAGE.splitlines()
    if line.startswith("| ") and len(cells := [c.strip() for c in line.strip("|").split("|")]) == 3
    if cells[0] != "where"
}
NAMED = sorted({*re.findall(r"`(tests/[^`]+)`", PAGE)})


def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}


def test_every_place_has_a_row_with_a_proof() -> None:
    assert set(ROWS) == AREAS
    assert all(ROWS.values())


@pytest.mark.parametrize("named", NAMED)
def test_a_test_that_is_named_exists(named: str) -> None:
    path, _, name = named.partition("::")
    assert (ROOT / path).is_file()
    assert not name or name in functions(ROOT / path)


def test_a_rule_that_is_named_is_one_of_the_lint() -> None:
    rules = {proof for proofs in ROWS.values() for proof in proofs if proof.startswith("PRV")}
    lint = "".join(file.read_text() for file in (ROOT / "tools" / "privacy_lint").glob("*.py"))
    # PRV000 is about waivers.
    assert rules == {*re.findall(r'"(PRV\d{3})"', lint)} - {"PRV000"}


def test_no_member_depends_on_a_tracer() -> None:
    members = [*ROOT.glob("libs/*/pyproject.toml"), *ROOT.glob("services/*/pyproject.toml")]
    assert members
    for member in members:
        wanted = tomllib.loads(member.read_text())["project"].get("dependencies", [])
        assert not [name for name in wanted if "opentelemetry" in name or "sentry" in name]
