"""Whether a stopped service was killed by its own timer is read off what the supervisor says."""

import signal
from types import SimpleNamespace
from typing import cast
from unittest import mock

import pytest
from tests.forensics.faults import FAULTS
from tests.forensics.running import SERVICES, Run
from tests.forensics.stopping import SUPERVISOR, TIMER, killed_by

from lethe.cli.stack.health import SILENT_LIMIT, STOPPED_LIMIT, Tending
from lethe.cli.stack.process import Child

KILLED = "detect stopped (signal 9); started again\n"


@pytest.mark.parametrize(
    ("said", "by"),
    [
        ("", None),
        ("detect stopped (exit code 1); started again\n", None),
        ("match stopped (signal 9); started again\n", None),
        (KILLED, TIMER),
        ("match is suspended; ending it\n" + KILLED, TIMER),
        ("detect is suspended; ending it\n" + KILLED, SUPERVISOR),
        ("detect doesn't answer; ending it\n" + KILLED, SUPERVISOR),
    ],
)
def test_who_killed_a_service_is_what_the_supervisor_said(said: str, by: str | None) -> None:
    assert killed_by("detect", said) == by


@pytest.mark.parametrize(("stopped", "silent"), [(STOPPED_LIMIT, 0), (0, SILENT_LIMIT)])
def test_the_supervisors_own_words_are_known(stopped: int, silent: int) -> None:
    child = cast(Child, SimpleNamespace(spec=SimpleNamespace(name="detect")))
    tending = Tending(child, mock.Mock())
    tending._stopped, tending._silent = stopped, silent
    assert killed_by("detect", f"{tending._verdict()}\n{KILLED}") == SUPERVISOR


class Machine:
    """A run whose services die at once, of what it says."""

    def __init__(self, service: str, says: str) -> None:
        self._says, self._said = says, "detect stopped (signal 9); started again, long ago\n"
        self.signals: list[int] = []
        process = SimpleNamespace(pid=1, send_signal=self._hear, status=lambda: "zombie")
        self.lethe = SimpleNamespace(children=lambda: {f"{service}-1": process})
        self.ground = SimpleNamespace(told=SimpleNamespace(read_text=lambda: self._said))
        self.onlooker = SimpleNamespace(more=lambda _: lambda: True)
        self.looks = 0

    def _hear(self, number: signal.Signals) -> None:
        self.signals.append(number)
        self._said += self._says

    def look(self) -> None:
        self.looks += 1


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_with_a_timer_must_be_killed_by_it_and_purge_by_the_supervisor(
    service: str,
) -> None:
    killed = f"{service} stopped (signal 9); started again\n"
    ended = f"{service} is suspended; ending it\n" + killed
    right, wrong = (ended, killed) if service == "purge" else (killed, ended)
    machine = Machine(service, right)
    FAULTS[f"stop-{service}"].happen(cast(Run, machine))
    assert machine.signals == [signal.SIGSTOP]
    assert machine.looks == (service == "alert"), "alert has keys only while somebody looks"
    with pytest.raises(AssertionError, match=f"{service} was killed by"):
        FAULTS[f"stop-{service}"].happen(cast(Run, Machine(service, wrong)))
