"""What processes use, also where one dies meanwhile and another takes its place."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

import psutil

_MB = 1024 * 1024


class Used:
    """Processor time and largest memory, by name, as far as they were looked at.

    Parameters
    ----------
    processes
        Those that run already: what they used until now doesn't count.

    Attributes
    ----------
    peak_mb
        The largest resident memory, of any process of a name.
    """

    def __init__(self, processes: Mapping[str, psutil.Process]) -> None:
        self.peak_mb: dict[str, float] = {}
        self._cpu_s: dict[tuple[str, int], float] = {}
        self.look(processes)
        self._before_s = dict(self._cpu_s)

    def look(self, processes: Mapping[str, psutil.Process]) -> None:
        """Take note of what they have used by now; one that is gone is passed over."""
        for name, process in processes.items():
            with suppress(psutil.Error):
                times, used_mb = process.cpu_times(), process.memory_info().rss / _MB
                self._cpu_s[name, process.pid] = times.user + times.system
                self.peak_mb[name] = max(self.peak_mb.get(name, 0.0), round(used_mb, 1))

    def cpu_s(self) -> dict[str, float]:
        """Return the processor time, of all processes of a name together."""
        used: dict[str, float] = {}
        for each, by_now_s in self._cpu_s.items():
            used[each[0]] = used.get(each[0], 0.0) + by_now_s - self._before_s.get(each, 0.0)
        return used

    def begun_again(self) -> list[str]:
        """Return the names of which there was more than one process."""
        seen = Counter(name for name, _ in self._cpu_s)
        return sorted(name for name, count in seen.items() if count > 1)
