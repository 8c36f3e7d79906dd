"""What a process that handles keys and faces does to itself before anything else."""

import ctypes
import os
import resource
import signal

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_INIT_PID = 1


def harden_process(*, dies_with_parent: bool) -> None:
    """Switch off core dumps and attaching; die with the supervisor where there is one.

    Parameters
    ----------
    dies_with_parent
        The kernel kills this process when its parent is gone: no service outlives its
        supervisor, however that ended.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _LIBC.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if dies_with_parent:
        parent = os.getppid()
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            raise SystemExit("the supervisor ended before this service started")


def runs_as_init() -> bool:
    """Tell whether this is PID 1, to which the kernel would not deliver the dead man's signal."""
    return os.getpid() == _INIT_PID
