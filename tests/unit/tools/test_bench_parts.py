"""Of a bench some parts can be measured alone, and it says what it is at."""

import argparse
import json
from pathlib import Path

import pytest
from tools.bench.figures import Figure, told
from tools.bench.parts import Parts

_NAMES = ("first", "second", "third")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["first", "second"]),
        (["--only", "second"], ["second"]),
        (["--only", "third", "first"], ["first", "third"]),
    ],
)
def test_only_the_parts_that_were_asked_for_are_measured(
    arguments: list[str], expected: list[str], tmp_path: Path
) -> None:
    parser = argparse.ArgumentParser()
    Parts.offer(parser, _NAMES)
    parts = Parts(parser.parse_args(arguments).only)
    for name in _NAMES:
        parts.measure(name, name, lambda: ([], {}), is_extra=name == "third")
    parts.write(tmp_path / "report.json")
    assert list(json.loads((tmp_path / "report.json").read_text())) == ["machine", *expected]


def test_a_part_is_told_of_before_it_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    def measure() -> tuple[list[Figure], str]:
        return [told("said by then", capsys.readouterr().out)], ""

    Parts(()).measure("search", "searches in a list", measure)
    assert "measuring search: searches in a list" in capsys.readouterr().out.partition("by then")[2]


def test_a_part_that_there_is_not_is_refused() -> None:
    parser = argparse.ArgumentParser()
    Parts.offer(parser, _NAMES)
    with pytest.raises(SystemExit):
        parser.parse_args(["--only", "fourth"])
