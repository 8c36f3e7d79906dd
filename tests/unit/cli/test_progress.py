"""How far something has come is shown with its rate and the time that is left."""

import io
import re

import pytest
from rich.console import Console

from lethe.cli.live import terminal
from lethe.cli.live.terminal import Terminal


class Clock:
    """Tells the time that a test sets."""

    def __init__(self) -> None:
        self.s = 100.0

    def monotonic(self) -> float:
        return self.s


def test_without_a_terminal_a_line_tells_it_from_time_to_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    monkeypatch.setattr(terminal, "time", clock)
    with Terminal(headless=True).progress("enrolling", 1_000) as advance:
        advance(0)
        clock.s += 10
        advance(400)
        advance(401)
    told = capsys.readouterr().out.splitlines()
    assert told == ["enrolling 400 of 1,000, 40.0/s, about 15 s left"]


@pytest.mark.parametrize(
    ("step_s", "said"), [(2.0, "83.3/s 0:00:05"), (0.001, ""), (0.0, "")], ids=str
)
def test_on_a_terminal_a_bar_shows_count_and_once_it_is_known_rate_and_time_left(
    monkeypatch: pytest.MonkeyPatch, step_s: float, said: str
) -> None:
    clock = Clock()
    monkeypatch.setattr(terminal, "time", clock)
    shown = io.StringIO()
    screen = Terminal(headless=False)
    console = Console(file=shown, force_terminal=True, width=100, color_system=None)
    monkeypatch.setattr(screen, "_plain", False)
    monkeypatch.setattr(screen, "_out", console)
    with screen.progress("enrolling", 1_000) as advance:
        for done in (100, 300, 500):
            clock.s += step_s
            advance(done)
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.getvalue()).strip()
    assert re.search(rf"enrolling .+ 500/1000 +{said}", last), last
    assert ("/s" in last) == bool(said), last
