"""Points in time that can be compared on one machine without trusting its wall clock."""

from datetime import UTC, datetime

from lethe.contracts.base import Message
from lethe.contracts.bounds import ClockTime


class Instant(Message):
    """A moment, told by two clocks of the machine that saw it.

    Attributes
    ----------
    boot_id
        Names one boot of one machine; instants of the same boot compare by `boot_us`.
    boot_us
        CLOCK_BOOTTIME in microseconds: goes on while suspended, is never stepped.
    wall_us
        UTC in microseconds since 1970, for people and for comparing machines.
    """

    boot_id: str
    boot_us: ClockTime
    wall_us: ClockTime

    def since_us(self, earlier: "Instant") -> int:
        """Return the microseconds from `earlier` to this, by the steadiest clock both share."""
        if self.boot_id == earlier.boot_id:
            return self.boot_us - earlier.boot_us
        return self.wall_us - earlier.wall_us

    def since_ms(self, earlier: "Instant") -> float:
        """Return the milliseconds from `earlier` to this."""
        return self.since_us(earlier) / 1000

    def shifted_to(self, boot_us: int) -> "Instant":
        """Return the moment at which this machine's boot clock showed `boot_us`."""
        # Not validated again: the sum of times within their limits may lie a little outside.
        return Instant.model_construct(
            boot_id=self.boot_id,
            boot_us=boot_us,
            wall_us=self.wall_us + boot_us - self.boot_us,
        )

    def isoformat(self) -> str:
        """Return the wall-clock time in RFC 3339, UTC, milliseconds."""
        return rfc3339(self.wall_us)


def rfc3339(wall_us: int) -> str:
    """Return a wall-clock time (microseconds since 1970) in RFC 3339, UTC, milliseconds."""
    moment = datetime.fromtimestamp(wall_us / 1e6, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
