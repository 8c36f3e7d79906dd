"""The thread that wipes keys on time, whatever the event loop is busy with."""

import os
from contextlib import suppress
from threading import Event, Thread

from lethe.shredding.holder import Holder

_LONGEST_WAIT_S = 0.2
"""No longer than from when a ticket is given up to when a key is wiped, nor than its life before:
what comes while the thread waits is then known to it before it is due."""
_SHORTEST_WAIT_S = 0.002


class Reaper:
    """Runs `Holder.reap` when something is due. The dead man's switch is for when it can't."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="reaper", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Wipe everything and end the thread."""
        self._stopped.set()
        self._thread.join()
        self._holder.release_all()

    def _run(self) -> None:
        # Ahead of everything else on a busy machine, where the limits of the process allow it.
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        while not self._stopped.wait(self._pause_s(self._holder.reap())):
            pass

    def _pause_s(self, due_us: int | None) -> float:
        if due_us is None:
            return _LONGEST_WAIT_S
        left_s = (due_us - self._holder.clock.boot_us()) / 1e6
        return min(_LONGEST_WAIT_S, max(_SHORTEST_WAIT_S, left_s))
