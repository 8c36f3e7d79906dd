"""Real processes under a real kernel timer: one that is hung or stopped is killed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lethe.shredding.hardening import runs_as_init
from lethe.shredding.killswitch import KernelTimer

_ARM = """
import time
from lethe.shredding.killswitch import KernelTimer
def now_us():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
switch = KernelTimer()
"""


@contextmanager
def _child(code: str) -> Iterator["subprocess.Popen[str]"]:
    """Run code in a child that has said `ready`, and leave none behind."""
    process = subprocess.Popen(
        [sys.executable, "-c", _ARM + code],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_process_that_hangs_in_a_loop_is_killed() -> None:
    code = "print('ready', flush=True)\nswitch.arm(now_us() + 100_000)\nwhile True: pass"
    with _child(code) as process:
        assert process.wait() == -signal.SIGKILL


def test_a_process_that_blocks_every_signal_it_can_is_killed() -> None:
    code = (
        "import signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        "print('ready', flush=True)\nswitch.arm(now_us() + 100_000)\nwhile True: pass"
    )
    with _child(code) as process:
        assert process.wait() == -signal.SIGKILL


def test_a_stopped_process_is_killed() -> None:
    code = (
        "import os, signal\n"
        "print('ready', flush=True)\nswitch.arm(now_us() + 500_000)\n"
        "os.kill(os.getpid(), signal.SIGSTOP)\nwhile True: pass"
    )
    with _child(code) as process:
        assert process.wait() == -signal.SIGKILL


def test_a_moment_that_is_past_kills_at_once() -> None:
    code = "print('ready', flush=True)\nswitch.arm(0)\nwhile True: pass"
    with _child(code) as process:
        assert process.wait() == -signal.SIGKILL


def test_a_process_that_arms_anew_lives_past_every_moment_it_was_armed_for() -> None:
    code = """
print('ready', flush=True)
armed = []
while not armed or now_us() < armed[0] + 50_000:
    armed.append(now_us() + 2_000_000)
    switch.arm(armed[-1])
    time.sleep(0.01)
switch.arm(None)
last = armed[-1]
while now_us() < last + 50_000:
    time.sleep(0.01)
print('alive', flush=True)
"""
    with _child(code) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "alive\n"
        assert process.wait() == 0


def test_the_holder_of_a_hung_process_is_killed_by_its_ticket() -> None:
    code = """
from lethe.contracts.keys import Role
from lethe.shredding.clock import SystemClock
from lethe.shredding.holder import Holder
from lethe.shredding.terms import Life, Standing
life = Life(budget_ms=200, margin_ms=50)
holder = Holder('ingest-1', Role.INGEST, 'run', clock=SystemClock(), switch=switch, life=life)
print('ready', flush=True)
holder.issue_ticket(Standing())
while True: pass
"""
    with _child(code) as process:
        assert process.wait() == -signal.SIGKILL


def test_a_hardened_process_dumps_no_core_and_cannot_be_attached_to() -> None:
    code = """
import ctypes, resource
from lethe.shredding.hardening import harden_process
harden_process(dies_with_parent=False)
print('ready', flush=True)
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)
"""
    with _child(code) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "(0, 0) 0\n"


def test_a_service_dies_with_its_supervisor() -> None:
    service = (
        "import sys; from lethe.shredding.hardening import harden_process;"
        "harden_process(dies_with_parent=True); print('ready', flush=True);"
        "sys.stdin.read()"
    )
    code = f"""
import subprocess, sys
subprocess.Popen([sys.executable, '-c', {service!r}], stdin=subprocess.PIPE)
time.sleep(3600)
"""
    with _child(code) as supervisor:
        supervisor.kill()
        assert supervisor.stdout is not None
        # The service holds the other end of the pipe: its end closes only with its life.
        assert supervisor.stdout.read() == ""


def test_a_process_of_a_test_is_no_init() -> None:
    assert not runs_as_init()


def test_a_timer_that_the_kernel_refuses_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.CLOCK_BOOTTIME", 9999)
    with pytest.raises(OSError, match="timer_create"):
        KernelTimer()
