"""Every failure of the command is one line on stderr with the right exit code."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.cli import __main__ as command
from lethe.cli.errors import Interrupted, NothingDone, StackFailed, one_line
from lethe.contracts.errors import InvalidInput


def outcome(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["lethe", *arguments])
    with pytest.raises(SystemExit) as ended:
        command.main()
    return int(ended.value.code or 0), capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["watch"],
        ["watch", "a.mp4"],
        ["demo", "--threshold", "1.5"],
        ["demo", "--threshold", "high"],
        ["demo", "--threshold", "nan"],
        ["demo", "--seconds", "nan"],
        ["demo", "--seconds", "inf"],
        ["up", "--cool-down", "nan"],
        ["camera", "check", "none.mp4", "--seconds", "nan"],
        ["demo", "--seconds", "0"],
        ["demo", "--port", "65536"],
        ["demo", "--cool-down", "-1"],
        ["demo", "--nonsense"],
        ["watch", "a.mp4", "--watchlist"],
        ["models", "nonsense"],
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_2(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = outcome(arguments, monkeypatch, capsys)
    assert code == 2
    assert told.startswith("lethe: ")
    assert told.count("\n") == 1
    assert "--help" in told


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInput("mend\nthis"), 2),
        (StackFailed("the broker\nstopped"), 1),
        (NothingDone("nothing was done"), 1),
        (Interrupted("ended"), 130),
        (KeyboardInterrupt(), 130),
        (ValueError("a\nsecret"), 1),
    ],
)
def test_every_failure_is_one_line_with_its_exit_code(
    error: BaseException,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(command, "find_home", fail)
    found, told = outcome(["models", "list"], monkeypatch, capsys)
    assert found == code
    # After a ^C that the terminal echoed, click begins a new line.
    assert told.strip().count("\n") == 0
    assert "secret" not in told


def test_a_machine_that_isnt_set_up_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LETHE_HOME", str(tmp_path / "none"))
    code, told = outcome(["demo"], monkeypatch, capsys)
    assert (code, "make setup" in told) == (2, True)


def test_help_is_told_when_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["lethe"])
    command.main()
    assert "First steps" in capsys.readouterr().out


@given(st.text())
def test_one_line_holds_nothing_that_moves_a_terminal(text: str) -> None:
    told = one_line(text)
    assert told.isprintable()
    assert len(told.splitlines()) <= 1
