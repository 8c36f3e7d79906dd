"""What tests leave running."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

_PR_SET_CHILD_SUBREAPER = 36
_KILL_S = 5.0


class LeftRunning(AssertionError):
    """Processes that outlived the tests that started them."""


@contextmanager
def nothing_left_running(grace_s: float = 30.0) -> Iterator[None]:
    """See that every process that starts in here ends in here, orphans included.

    Parameters
    ----------
    grace_s
        How long what was told to end may take.

    Raises
    ------
    LeftRunning
        Naming what was still there; it is killed.
    """
    me = psutil.Process()
    before = set(me.children(recursive=True))
    _adopt_orphans(adopt=True)
    try:
        yield
        started = [child for child in me.children(recursive=True) if child not in before]
        _, left = psutil.wait_procs(started, timeout=grace_s)
        names = [_kill(child) for child in left]
    finally:
        _adopt_orphans(adopt=False)
    if names:
        raise LeftRunning("left running: " + "; ".join(names))


def _adopt_orphans(*, adopt: bool) -> None:
    """Become the parent of descendants whose parent ends: nothing gets out of sight."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _kill(child: psutil.Process) -> str:
    try:
        name = " ".join(child.cmdline()) or child.name()
        child.kill()
        child.wait(_KILL_S)
    except psutil.NoSuchProcess:
        name = f"process {child.pid}, which ended late"
    return name
