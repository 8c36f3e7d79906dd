"""Stopping a service with SIGSTOP, and seeing to it that what is meant to kill it does."""

import signal
import time
from collections.abc import Callable

import psutil
from tests.forensics.needles import BUDGET_US
from tests.forensics.running import Run, until

TIMER, SUPERVISOR = "its own timer", "the supervisor"
_PICTURES = 8
_POLL_S = 0.01
_BUSY_S = 1.0
"""A full machine takes so long at most to let a process die that is killed."""


def killed_by(name: str, said: str) -> str | None:
    """Return who killed a service, by what the supervisor said since it was stopped.

    None while it didn't say that SIGKILL ended it. A supervisor that kills one says so before.
    """
    if f"{name} stopped (signal 9); started again" not in said:
        return None
    own = (f"{name} is suspended; ending it", f"{name} doesn't answer; ending it")
    return SUPERVISOR if any(line in said for line in own) else TIMER


def stopped(service: str) -> Callable[[Run], None]:
    """Return what stops a service and requires that its own timer kills it.

    purge has none, since it keeps no key that it granted: the supervisor has to.
    """

    def happen(run: Run) -> None:
        if service == "alert":
            # It has keys, and so a timer that runs, only while somebody looks or enrols.
            looked_at(run)
        before = len(run.ground.told.read_text())
        process = run.lethe.children()[f"{service}-1"]
        process.send_signal(signal.SIGSTOP)
        died_s = _seconds_to_live(process)

        def killer() -> str | None:
            return killed_by(service, run.ground.told.read_text()[before:])

        until(killer, f"{service} is killed and started again")
        expected = SUPERVISOR if service == "purge" else TIMER
        assert killer() == expected, f"{service} was killed by {killer()}, not by {expected}"
        most_s = BUDGET_US / 1e6 + _BUSY_S
        assert service == "purge" or died_s <= most_s, f"{service} lived {died_s:.2f} s"

    return happen


def looked_at(run: Run) -> None:
    """Have somebody look at every camera from now on, and wait for pictures."""
    run.look()
    assert run.onlooker is not None
    until(run.onlooker.more(_PICTURES), "pictures of the camera are shown")


def _seconds_to_live(process: psutil.Process) -> float:
    begun_s = time.monotonic()
    until(lambda: not _lives(process), f"process {process.pid} ends", poll_s=_POLL_S)
    return time.monotonic() - begun_s


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD))
    except psutil.NoSuchProcess:
        return False
