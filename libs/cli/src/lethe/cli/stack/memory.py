"""The memory bound of the broker: the backstop where a topic grows and isn't rolled."""

from collections.abc import Callable

import psutil

from lethe.cli.errors import StackFailed

MB = 1024 * 1024


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process in MB; 0 once it is gone."""
    try:
        resident: int = psutil.Process(pid).memory_info().rss
    except psutil.NoSuchProcess:
        return 0.0
    return resident / MB


class MemoryBound:
    """A bound on the broker's memory.

    Parameters
    ----------
    read_mb
        Returns the memory of a process in MB.
    """

    def __init__(self, bound_mb: int, read_mb: Callable[[int], float] = rss_mb) -> None:
        self._bound_mb = bound_mb
        self._read_mb = read_mb

    def check(self, pid: int) -> float:
        """Return the broker's memory in MB.

        Raises
        ------
        StackFailed
            If it is over the bound.
        """
        used = self._read_mb(pid)
        if used > self._bound_mb:
            raise StackFailed(
                f"the broker uses {used:,.0f} MB, over its bound of {self._bound_mb:,} MB, so all "
                "was ended; use fewer cameras or allow more with --memory-bound-mb"
            )
        return used
