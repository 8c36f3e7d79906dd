"""Supervision of real processes: restarts are told, and a stop leaves nothing."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from tests.support.processes import send, until

from lethe.cli.errors import StackFailed
from lethe.cli.stack.process import Child, ChildSpec, ending
from lethe.contracts.errors import InvalidInput, LetheError
from lethe.contracts.keys import Predecessor

STAY = "import signal; print('up', flush=True); signal.pause()"
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('up', flush=True)\nwhile True: signal.pause()"
)
SHOW = (
    "import os, signal; print(os.environ.get('LETHE_PREDECESSOR', 'none'), flush=True);"
    "signal.pause()"
)


class Told:
    """What a child told its supervisor."""

    def __init__(self) -> None:
        self.notices: asyncio.Queue[str] = asyncio.Queue()
        self.failure: asyncio.Future[LetheError] = asyncio.get_running_loop().create_future()


@asynccontextmanager
async def child_of(
    code: str, tmp_path: Path, *, restart_limit: int = 5, ready: bool = True
) -> AsyncIterator[tuple[Child, Told]]:
    told = Told()
    spec = ChildSpec(
        "detect",
        (sys.executable, "-c", code),
        {"MARK": "yes"},
        tmp_path / "detect.log",
        0,
        restart_limit,
    )
    child = Child(spec, told.notices.put_nowait, told.failure.set_result)
    child.ready = ready
    await child.start()
    try:
        yield child, told
    finally:
        child.begin_stop(kill=True)
        await child.end_stop()


async def test_a_killed_process_is_started_again_and_it_is_said(tmp_path: Path) -> None:
    async with child_of(STAY, tmp_path) as (child, told):
        first = child.pid
        send(child, signal.SIGKILL)
        notice = await asyncio.wait_for(told.notices.get(), 20)
        assert notice == "detect stopped (signal 9); started again"
        assert child.pid not in (None, first)
        assert child.restarts == 1


async def test_a_process_that_keeps_ending_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    code = "print('no model here', flush=True); raise SystemExit(3)"
    async with child_of(code, tmp_path, restart_limit=2) as (child, told):
        failure = await asyncio.wait_for(told.failure, 20)
        assert isinstance(failure, StackFailed)
        assert "3 times in a minute (exit code 3): no model here" in str(failure)
        assert child.restarts == 2


async def test_what_may_not_be_restarted_ends_everything(tmp_path: Path) -> None:
    async with child_of(STAY, tmp_path, restart_limit=0) as (child, told):
        send(child, signal.SIGKILL)
        failure = await asyncio.wait_for(told.failure, 20)
        assert "stopped (signal 9)" in str(failure)
        assert told.notices.empty()


async def test_a_process_that_ends_before_it_is_ready_fails_the_start(tmp_path: Path) -> None:
    code = 'print(\'{"event": "no space", "error": "disk full"}\'); raise SystemExit(1)'
    async with child_of(code, tmp_path, ready=False) as (_, told):
        failure = await asyncio.wait_for(told.failure, 20)
        assert str(failure) == "detect didn't start (exit code 1): no space: disk full"


async def test_a_service_that_refuses_its_input_is_the_users_to_mend(tmp_path: Path) -> None:
    async with child_of("raise SystemExit(2)", tmp_path, ready=False) as (_, told):
        assert isinstance(await asyncio.wait_for(told.failure, 20), InvalidInput)


async def test_the_next_run_is_told_of_the_one_before(tmp_path: Path) -> None:
    async with child_of(SHOW, tmp_path) as (child, told):
        log = child.spec.log_file
        await until(lambda: "none" in log.read_text())
        child.boot = "boot-1"
        send(child, signal.SIGKILL)
        await asyncio.wait_for(told.notices.get(), 20)
        await until(lambda: log.read_text().count("\n") == 2)
        predecessor = Predecessor.model_validate_json(log.read_text().splitlines()[1])
        assert predecessor.boot == "boot-1"
        assert predecessor.exited.boot_us > 0
        assert child.boot is None


async def test_a_stop_leaves_no_process(tmp_path: Path) -> None:
    async with child_of(STAY, tmp_path) as (child, told):
        pid = child.pid
        child.begin_stop()
        await child.end_stop()
        assert not psutil.pid_exists(pid)
        assert child.pid is None
        assert told.notices.empty()


async def test_a_process_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    async with child_of(STUBBORN, tmp_path) as (child, _):
        await until(lambda: "up" in child.spec.log_file.read_text())
        pid = child.pid
        child.begin_stop()
        await child.end_stop(grace_s=0.2)
        assert not psutil.pid_exists(pid)


async def test_a_suspended_process_can_be_stopped_in_order(tmp_path: Path) -> None:
    async with child_of(STAY, tmp_path) as (child, _):
        send(child, signal.SIGSTOP)
        child.begin_stop()
        await child.end_stop(grace_s=15.0)
        assert child.pid is None


async def test_settings_in_the_users_shell_dont_reach_a_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LETHE_HTTP_HOST", "0.0.0.0")  # noqa: S104 - what must not get through
    code = "import os, signal; print(sorted(os.environ), flush=True); signal.pause()"
    async with child_of(code, tmp_path) as (child, _):
        await until(lambda: "MARK" in child.spec.log_file.read_text())
        assert "LETHE_HTTP_HOST" not in child.spec.log_file.read_text()


def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    supervise = f"""
import asyncio, pathlib, sys
from lethe.cli.stack.process import Child, ChildSpec
async def main():
    spec = ChildSpec("x", (sys.executable, "-c", {STAY!r}), {{}}, pathlib.Path(sys.argv[1]), 0)
    child = Child(spec, print, print)
    await child.start()
    while "up" not in spec.log_file.read_text():
        await asyncio.sleep(0.01)
    print(child.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
    command = [sys.executable, "-c", supervise, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        orphan = psutil.Process(int(supervisor.stdout.readline()))
        supervisor.kill()
    try:
        orphan.wait(timeout=20)
    except psutil.NoSuchProcess:
        return
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(
    ("code", "words"), [(-9, "signal 9"), (-15, "signal 15"), (1, "exit code 1")]
)
def test_an_end_is_told_in_words(code: int, words: str) -> None:
    assert ending(code) == words
