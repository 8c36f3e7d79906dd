"""What an import uses is counted also where a service dies meanwhile."""

from dataclasses import dataclass
from typing import cast

import psutil
import pytest
from tools.bench.enrolment.processes import Used


@dataclass
class _Times:
    user: float
    system: float


@dataclass
class _Memory:
    rss: int


@dataclass
class _Process:
    """A process as far as it is looked at."""

    pid: int
    used_s: float
    rss_mb: int = 100
    is_gone: bool = False

    def cpu_times(self) -> _Times:
        if self.is_gone:
            raise psutil.NoSuchProcess(self.pid)
        return _Times(self.used_s / 2, self.used_s / 2)

    def memory_info(self) -> _Memory:
        return _Memory(self.rss_mb * 1024 * 1024)


def shown(**processes: _Process) -> dict[str, psutil.Process]:
    return cast("dict[str, psutil.Process]", processes)


def test_what_was_used_before_does_not_count() -> None:
    detect = _Process(1, 10.0)
    used = Used(shown(detect=detect))
    detect.used_s = 12.0
    used.look(shown(detect=detect, command=_Process(2, 0.5)))
    assert used.cpu_s() == pytest.approx({"detect": 2.0, "command": 0.5})
    assert used.begun_again() == []


def test_a_process_that_takes_the_place_of_one_that_died_counts_with_it() -> None:
    first = _Process(1, 10.0, rss_mb=300)
    used = Used(shown(detect=first))
    first.used_s = 13.0
    used.look(shown(detect=first))
    first.is_gone = True
    used.look(shown(detect=first))
    used.look(shown(detect=_Process(2, 4.0)))
    assert used.cpu_s() == pytest.approx({"detect": 7.0})
    assert used.begun_again() == ["detect"]
    assert used.peak_mb == {"detect": 300.0}
