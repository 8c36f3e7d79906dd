"""What the pages point at exists: files, headings, make targets, commands and options."""

import re
import shlex

import click
import pytest
from tests.forensics import __main__ as forensics
from tests.support.commands import commands, options
from tests.support.markdown import ROOT, Page, page, page_at, pages
from tools.bench import __main__ as bench
from tools.bench import pipeline
from tools.bench.alerts import __main__ as alerts
from tools.bench.enrolment import __main__ as enrolment
from tools.bench.erasure import __main__ as erasure

_TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)", re.MULTILINE)
_MAKE = re.compile(r"^make ([a-z-]+)")
_COMMAND = re.compile(r"^(?:\.venv/bin/)?lethe(?: |$)")
_OPTION = re.compile(r"^--[a-z][a-z-]*$")
_BENCHES = {
    "bench": bench.parser,
    "bench-pipeline": pipeline.parser,
    "bench-erasure": erasure.parser,
    "bench-alerts": alerts.parser,
    "bench-enrolment": enrolment.parser,
    "forensics": forensics.parser,
}
_ARGS = re.compile(r'^make ([a-z-]+) ARGS="([^"]*)"')


def words_of(line: str) -> list[str]:
    """Split a command line as a shell would, up to a comment, a pipe or a continuation."""
    try:
        words = shlex.split(line.rstrip("\\"), comments=True)
    except ValueError:
        words = line.split()
    return words[: words.index("|")] if "|" in words else words


def unknown(line: str) -> list[str]:
    """Return what a line that starts with `lethe` names and the command doesn't have."""
    words = words_of(line)[1:]
    known = commands()
    for length in (2, 1, 0):
        name = " ".join(words[:length])
        if name in known and len(words) >= length:
            break
    command, rest = known[name], words[length:]
    if isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        return [rest[0]]
    named = {word.partition("=")[0] for word in rest if word.startswith("-")}
    return sorted(named - options(command))


def understood(target: str, passed: str) -> bool:
    """Tell whether the program behind a make target knows the options that are passed on."""
    if target not in _BENCHES:
        return not unknown(f"lethe {target} {passed}")
    try:
        _BENCHES[target]().parse_args(shlex.split(passed))
    except SystemExit:
        return False
    return True


@pytest.mark.parametrize("each", pages(), ids=lambda each: each.name)
def test_every_link_and_image_leads_somewhere(each: Page) -> None:
    broken = []
    for link in each.links():
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (each.path.parent / path).resolve() if path else each.path
        if not target.exists() or (anchor and anchor not in page_at(target).anchors()):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("each", pages(), ids=lambda each: each.name)
def test_no_page_under_docs_points_out_of_docs(each: Page) -> None:
    docs = ROOT / "docs"
    if docs in each.path.parents:
        local = [link.partition("#")[0] for link in each.links() if ":" not in link]
        outside = [
            link for link in local if docs not in (each.path.parent / link).resolve().parents
        ]
        assert outside == []


@pytest.mark.parametrize("each", pages(), ids=lambda each: each.name)
def test_every_make_target_exists(each: Page) -> None:
    targets = set(_TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    named = {found[1] for line in each.code() if (found := _MAKE.match(line))}
    assert named - targets == set()


@pytest.mark.parametrize("each", pages(), ids=lambda each: each.name)
def test_every_command_and_its_options_exist(each: Page) -> None:
    wrong = {
        line: found for line in each.code() if _COMMAND.match(line) if (found := unknown(line))
    }
    assert wrong == {}


@pytest.mark.parametrize("each", pages(), ids=lambda each: each.name)
def test_options_that_are_passed_on_by_make_exist(each: Page) -> None:
    passed = [found.groups() for line in each.code() if (found := _ARGS.search(line))]
    assert [line for target, line in passed if not understood(target, line)] == []


@pytest.mark.parametrize("each", pages(), ids=lambda each: each.name)
def test_an_option_named_alone_belongs_to_some_command(each: Page) -> None:
    every = set().union(*map(options, commands().values()))
    named = {word for span in each.code() for word in span.split()[:1] if _OPTION.match(word)}
    assert named - every == set()


def test_a_wrong_option_or_command_would_be_found() -> None:
    assert unknown("lethe demo --headless --confidence 1") == ["--confidence"]
    assert unknown(".venv/bin/lethe models list") == []
    assert unknown("lethe models fetch") == ["fetch"]
    assert unknown("lethe watch hall.mp4 --watchlist people/ | head") == []


def test_the_navigation_names_every_page_once() -> None:
    named = re.findall(
        r": ([a-z0-9/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE
    )
    there = [p.path.relative_to(ROOT / "docs").as_posix() for p in pages() if "docs/" in p.name]
    assert sorted(named) == sorted(there)


def test_the_index_of_decisions_names_every_record() -> None:
    records = {file.name for file in (ROOT / "docs" / "decisions").glob("*.md")}
    linked = {link.removeprefix("decisions/") for link in page("docs/index.md").links()}
    assert records - linked == set()
