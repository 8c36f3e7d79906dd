"""Run a command that dies with its parent: `python parented.py PARENT COMMAND...`.

A file of its own that imports nothing of Lethe: it is a few milliseconds of a fresh interpreter
between fork and exec, because a `preexec_fn` isn't safe in a process that has threads.
PR_SET_PDEATHSIG survives the exec.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Ask the kernel for SIGKILL when the parent dies, then become the command."""
    parent, *command = arguments
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        sys.exit(f"prctl failed: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != int(parent):
        sys.exit("the parent is gone already")
    os.execv(command[0], command)  # noqa: S606 - fixed arguments of the supervisor, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
