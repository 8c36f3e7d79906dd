"""Memory and processor time of every process of the stack, sampled each second."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psutil

MB = 1024 * 1024
SETTLED_AFTER_S = 120.0
SHORTEST_TREND_S = 60.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a process: its resident memory and the processor time it has used so far."""

    rss_mb: float
    cpu_s: float


@dataclass(slots=True)
class Trend:
    """The slope of memory over time, by least squares over running sums."""

    count: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0, 0.0])

    def add(self, at_s: float, value: float) -> None:
        """Add one sample."""
        if self.count == 0:
            self.first_s = at_s
        x = at_s - self.first_s
        for index, term in enumerate((x, value, x * x, x * value)):
            self.sums[index] += term
        self.count += 1
        self.last_s = at_s

    def per_minute(self) -> float | None:
        """Return the growth per minute; None over less than a minute of samples."""
        if self.count < 2 or self.last_s - self.first_s < SHORTEST_TREND_S:  # noqa: PLR2004
            return None
        x, y, xx, xy = self.sums
        spread = self.count * xx - x * x
        return 60.0 * (self.count * xy - x * y) / spread if spread else None


@dataclass(slots=True)
class Usage:
    """What one process has used over the run, also over restarts of it."""

    rss_mb: float = 0.0
    rss_mb_max: float = 0.0
    cpu_percent: float = 0.0
    trend: Trend = field(default_factory=Trend)
    pid: int | None = None
    pid_since_s: float = 0.0
    cpu_before_s: float = 0.0
    cpu_last_s: float = 0.0

    def take(self, pid: int, reading: Reading, at_s: float) -> None:
        """Take in one reading."""
        if pid != self.pid:
            self.cpu_before_s += self.cpu_last_s
            self.pid, self.pid_since_s, self.trend = pid, at_s, Trend()
        self.cpu_last_s = reading.cpu_s
        self.rss_mb = reading.rss_mb
        self.rss_mb_max = max(self.rss_mb_max, reading.rss_mb)
        if at_s - self.pid_since_s >= SETTLED_AFTER_S:
            self.trend.add(at_s, reading.rss_mb)


def read_process(pid: int) -> Reading | None:
    """Read one process, or None once it is gone."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            times = process.cpu_times()
            return Reading(process.memory_info().rss / MB, times.user + times.system)
    except psutil.NoSuchProcess:
        return None


class Resources:
    """The usage of several processes over a run.

    Parameters
    ----------
    read
        Reads one process by its id.
    clock_s
        Seconds of a steady clock.
    """

    def __init__(
        self,
        read: Callable[[int], Reading | None] = read_process,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._clock_s = clock_s
        self._begun_s: float | None = None
        self._begun_cpu_s: dict[str, float] = {}
        self._last: dict[str, tuple[float, float]] = {}
        self.usages: dict[str, Usage] = {}

    def sample(self, pids: Mapping[str, int | None]) -> None:
        """Look at every process once.

        Parameters
        ----------
        pids
            Process ids by name; None while one is being started again.
        """
        now_s = self._clock_s()
        if self._begun_s is None:
            self._begun_s = now_s
        for name, pid in pids.items():
            reading = self._read(pid) if pid is not None else None
            if pid is None or reading is None:
                continue
            usage = self.usages.setdefault(name, Usage())
            usage.take(pid, reading, now_s)
            self._count_cpu(name, usage, now_s)

    def report(self) -> dict[str, dict[str, float | None]]:
        """Return the figures of every process for the report; processor time over the run."""
        return {name: self._figures(name, usage) for name, usage in self.usages.items()}

    def _count_cpu(self, name: str, usage: Usage, now_s: float) -> None:
        used_s = usage.cpu_before_s + usage.cpu_last_s
        self._begun_cpu_s.setdefault(name, used_s)
        before = self._last.get(name)
        if before is not None and now_s > before[0]:
            usage.cpu_percent = 100.0 * (used_s - before[1]) / (now_s - before[0])
        self._last[name] = (now_s, used_s)

    def _figures(self, name: str, usage: Usage) -> dict[str, float | None]:
        last_s, used_s = self._last[name]
        ran_s = last_s - (self._begun_s or 0.0)
        spent_s = used_s - self._begun_cpu_s[name]
        growth = usage.trend.per_minute()
        return {
            "rss_mb_max": round(usage.rss_mb_max, 1),
            "cpu_percent": round(100.0 * spent_s / ran_s, 1) if ran_s > 0 else None,
            "rss_mb_growth_per_minute": None if growth is None else round(growth, 3),
        }
