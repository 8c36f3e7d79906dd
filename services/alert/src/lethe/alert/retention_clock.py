"""The clock that retention is counted on: the time of day, but never back and never standing."""

import threading
from dataclasses import dataclass
from typing import Protocol

from lethe.shredding.clock import Clock


@dataclass(frozen=True, slots=True)
class Mark:
    """What the retention clock showed at a moment of a boot, all in microseconds."""

    boot_id: str
    boot_us: int
    retention_us: int


class ClockMemory(Protocol):
    """Where a mark outlives the process and the machine."""

    def load(self) -> Mark | None:
        """Return what was saved last; None when there is nothing that can be read."""
        ...

    def save(self, mark: Mark) -> None:
        """Keep a mark durably.

        Raises
        ------
        KeyStoreUnavailable
            If that couldn't be done.
        """
        ...


class RetentionClock:
    """Shows UTC in microseconds since 1970 as long as nobody tampers with the wall clock.

    Within a boot it goes at least as fast as CLOCK_BOOTTIME, which counts the time that a machine
    sleeps and is never stepped: setting the wall clock back, or stopping it, lengthens no life.
    It follows a wall clock that is set forward, or that was put right after a pause of the whole
    virtual machine, which the boot clock doesn't count: when in doubt, keys are due earlier.
    From one boot to the next it never goes back. All that can be lost is the time during which
    the machine was off, and what came after the last `keep`, if the wall clock was set back too.
    """

    def __init__(self, clock: Clock, memory: ClockMemory) -> None:
        self._clock = clock
        self._memory = memory
        # Keys are read and made in threads.
        self._turn = threading.Lock()
        self._mark = Mark(clock.boot_id, clock.boot_us(), clock.wall_us())
        self._hear_of(memory.load())

    def now_us(self) -> int:
        """Return what it shows."""
        with self._turn:
            self._mark = self._present(self._mark)
            return self._mark.retention_us

    def keep(self) -> None:
        """Write down what it shows, so that it doesn't go back with a restart.

        Raises
        ------
        KeyStoreUnavailable
            If that couldn't be done.
        """
        self._hear_of(self._memory.load())
        self.now_us()
        self._memory.save(self._mark)

    def _hear_of(self, kept: Mark | None) -> None:
        """Go on from what another process or boot has kept, if that is further."""
        if kept is None:
            return
        with self._turn:
            candidates = (self._present(kept), self._present(self._mark))
            self._mark = max(candidates, key=lambda mark: mark.retention_us)

    def _present(self, mark: Mark) -> Mark:
        boot_us = self._clock.boot_us()
        same_boot = mark.boot_id == self._clock.boot_id
        ran_us = max(boot_us - mark.boot_us, 0) if same_boot else 0
        retention_us = max(mark.retention_us + ran_us, self._clock.wall_us())
        return Mark(self._clock.boot_id, boot_us, retention_us)
