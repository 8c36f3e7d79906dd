"""Clocks of several machines over one true time: each with its own offset, drift and steps."""

from dataclasses import dataclass, field

from lethe.contracts.instants import Instant

WALL_US = 1_767_225_600_000_000
"""True UTC at the beginning."""


@dataclass
class TrueTime:
    """What a referee outside all machines measures, in microseconds."""

    us: int = 0

    def advance_ms(self, milliseconds: float) -> None:
        self.us += round(milliseconds * 1000)


@dataclass
class FakeClock:
    """One machine's clocks. The boot clock drifts and is never stepped; the wall clock may be.

    Attributes
    ----------
    drift_ppm
        How much faster than true time both clocks run, in parts per million.
    boot_offset_us
        How long the machine had been running at the beginning.
    wall_offset_us
        By how much its wall clock is wrong.
    """

    time: TrueTime = field(default_factory=TrueTime)
    boot_id: str = "boot-a"
    drift_ppm: int = 0
    boot_offset_us: int = 5_000_000_000
    wall_offset_us: int = 0
    stands_at_us: int | None = None

    def _elapsed_us(self) -> int:
        return self.time.us + self.time.us * self.drift_ppm // 1_000_000

    def boot_us(self) -> int:
        return self.boot_offset_us + self._elapsed_us()

    def wall_us(self) -> int:
        if self.stands_at_us is not None:
            return self.stands_at_us
        return WALL_US + self._elapsed_us() + self.wall_offset_us

    def step_wall(self, milliseconds: int) -> None:
        """Step the wall clock, as a time server or an administrator would."""
        self.wall_offset_us += milliseconds * 1000

    def stop_wall(self) -> None:
        """Let the wall clock stand still."""
        self.stands_at_us = self.wall_us()

    def now(self) -> Instant:
        return Instant(boot_id=self.boot_id, boot_us=self.boot_us(), wall_us=self.wall_us())
