"""How a real `lethe` ends: whole, told in one line, and with nothing left behind."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from tests.support.homes import make_home

from lethe.cli.home import Home

LIMIT_S = 120


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("home") / ".lethe")


def environment(home: Home, temporary: Path) -> dict[str, str]:
    return os.environ | {"LETHE_HOME": str(home.folder), "TMPDIR": str(temporary)}


@contextmanager
def standing(home: Home, temporary: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, int]]]:
    """Run `lethe up` until it is ready; give it and the ids of its children by name."""
    with subprocess.Popen(
        [sys.executable, "-m", "lethe.cli", "up", "--port", "0", "--headless"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home, temporary),
    ) as process:
        try:
            assert process.stdout is not None
            while not process.stdout.readline().startswith("ready in"):
                assert process.poll() is None
            yield process, ids_of(process)
        finally:
            process.kill()


def ids_of(process: subprocess.Popen[str]) -> dict[str, int]:
    return {name_of(child): child.pid for child in psutil.Process(process.pid).children()}


def name_of(child: psutil.Process) -> str:
    line = child.cmdline()
    return "broker" if "tansu" in line[0] else line[-1].removeprefix("lethe.")


def gone(pids: Iterable[int]) -> bool:
    return not any(psutil.pid_exists(pid) for pid in pids)


def test_a_broker_that_dies_ends_the_stack_with_the_reason(home: Home, tmp_path: Path) -> None:
    with standing(home, tmp_path) as (process, children):
        os.kill(children["broker"], signal.SIGKILL)
        _, told = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 1
    assert told.splitlines()[-1].startswith("lethe: the broker stopped (signal 9)")
    assert gone(children.values())
    assert list(tmp_path.iterdir()) == []


def listening(pids: Iterable[int]) -> set[int]:
    """Return the ports that these processes listen on."""
    kept = set(pids)
    return {
        each.laddr.port
        for each in psutil.net_connections("tcp")
        if each.status == psutil.CONN_LISTEN and each.pid in kept
    }


def left_of(temporary: Path) -> list[int]:
    """Return the processes that inherited this folder from a stack."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("TMPDIR") == str(temporary):
                found.append(process.pid)
    return found


def end_leaving_nothing(
    process: subprocess.Popen[str],
    children: dict[str, int],
    temporary: Path,
    number: signal.Signals,
) -> None:
    """Send a signal; check that neither process nor port nor file is left of the stack."""
    ports = listening(children.values())
    assert {process.pid, *children.values()} <= set(left_of(temporary)), "the search is blind"
    assert len(ports) >= len(children), "the broker and each service have one"
    process.send_signal(number)
    _, told = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, told) == (0, "")
    assert gone(children.values())
    # Tests beside this one may have got one of the ports by now.
    assert not ports & listening(left_of(temporary))
    assert list(temporary.iterdir()) == []


def test_a_service_that_crashes_is_started_again_and_ctrl_c_leaves_nothing(
    home: Home, tmp_path: Path
) -> None:
    with standing(home, tmp_path) as (process, children):
        os.kill(children["detect"], signal.SIGKILL)
        assert process.stderr is not None
        assert process.stderr.readline() == "detect stopped (signal 9); started again\n"
        others = {name: pid for name, pid in children.items() if name != "detect"}
        end_leaving_nothing(process, others, tmp_path, signal.SIGINT)


@pytest.mark.parametrize("options", [(), ("--headless",)], ids=["table", "lines"])
def test_a_closed_terminal_ends_the_run_also_without_a_signal(
    home: Home, tmp_path: Path, options: tuple[str, ...]
) -> None:
    terminal, end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "lethe.cli", "up", "--port", "0", *options],
        stdin=end,
        stdout=end,
        stderr=end,
        # Not its controlling terminal: so no SIGHUP comes when it is closed.
        start_new_session=True,
        env=environment(home, tmp_path) | {"TERM": "xterm"},
    ) as process:
        try:
            os.close(end)
            shown = b""
            while b"unerased" not in shown:
                shown += os.read(terminal, 4096)
            children = [child.pid for child in psutil.Process(process.pid).children()]
            os.close(terminal)
            assert process.wait(LIMIT_S) == 0
        finally:
            process.kill()
    assert children
    assert gone(children)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_neither_process_nor_port_nor_file(
    home: Home, tmp_path: Path, number: signal.Signals
) -> None:
    with standing(home, tmp_path) as (process, children):
        end_leaving_nothing(process, children, tmp_path, number)
