"""A file that was cut within an entry, and times that can't be: refused with one clear line."""

from pathlib import Path

import pytest
from tests.support.receipts import SIGNER, START_MS, a_log, file_of, verify

from lethe.receipts.command import main
from lethe.receipts.errors import Refuted
from lethe.receipts.verifying import EARLIEST_MS, MOST_AHEAD_MS

_BLOCKS = file_of(a_log(3))
_ENTRIES = [index for index, block in enumerate(_BLOCKS) if block.startswith(b"{")]


def told(capsys: pytest.CaptureFixture[str], folder: Path, content: bytes) -> tuple[int, str]:
    """Return what the command says of a file: its exit code and its only line."""
    file = folder / "receipts.txt"
    file.write_bytes(content)
    code = main(["verify", str(file), "--key", str(SIGNER.verifier)])
    said = capsys.readouterr()
    [line] = (said.out + said.err).splitlines()
    return code, line


@pytest.mark.parametrize("index", _ENTRIES)
def test_a_file_that_was_cut_within_an_entry_names_that_entry(
    index: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number = _ENTRIES.index(index) + 1
    whole = b"".join(_BLOCKS[:index])
    for size in (1, len(_BLOCKS[index]) // 2, len(_BLOCKS[index]) - 1):
        code, line = told(capsys, tmp_path, whole + _BLOCKS[index][:size])
        assert code == 1
        assert line.startswith("REFUTED: log ")
        assert line.endswith(f"entry {number}: the line is cut off")


def test_a_log_from_before_2020_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, line = told(capsys, tmp_path, b"".join(file_of(a_log(3, at_ms=EARLIEST_MS - 10_000))))
    assert code == 1
    assert "entry 1: its time lies before 2020" in line


def test_a_log_from_more_than_a_day_ahead_is_refused() -> None:
    verify(_BLOCKS, now_ms=START_MS)
    # One that this machine's clock is a day behind may be honest.
    verify(file_of(a_log(0)), now_ms=START_MS - MOST_AHEAD_MS)
    with pytest.raises(Refuted, match="entry 1: its time lies more than a day ahead"):
        verify(_BLOCKS, now_ms=START_MS - MOST_AHEAD_MS - 1)


def test_the_command_goes_by_the_clock_of_its_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: (START_MS - 2 * MOST_AHEAD_MS) * 1_000_000)
    code, line = told(capsys, tmp_path, b"".join(_BLOCKS))
    assert code == 1
    assert "or this machine's is" in line
