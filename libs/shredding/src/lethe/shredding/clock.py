"""The two clocks of a machine: one that key life is counted on, one for people."""

import time
from pathlib import Path
from typing import Protocol

from lethe.contracts.instants import Instant


class Clock(Protocol):
    """What key life is counted on. Tests inject one that drifts, steps and stands still."""

    @property
    def boot_id(self) -> str:
        """Name of this boot of this machine."""
        ...

    def boot_us(self) -> int:
        """Microseconds of CLOCK_BOOTTIME: counts suspended time, is never stepped."""
        ...

    def wall_us(self) -> int:
        """Microseconds of UTC since 1970; may be stepped at any time."""
        ...


class SystemClock:
    """The clocks of this machine."""

    def __init__(self) -> None:
        text = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        self._boot_id = text.replace("-", "")[:16]

    @property
    def boot_id(self) -> str:
        """Name of this boot of this machine."""
        return self._boot_id

    def boot_us(self) -> int:
        """Microseconds of CLOCK_BOOTTIME (`time.monotonic` leaves out suspended time)."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000

    def wall_us(self) -> int:
        """Microseconds of UTC since 1970."""
        return time.time_ns() // 1000


def instant(clock: Clock) -> Instant:
    """Return the present moment on both clocks."""
    return Instant(boot_id=clock.boot_id, boot_us=clock.boot_us(), wall_us=clock.wall_us())
