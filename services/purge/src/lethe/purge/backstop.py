"""The backstop: sealed records leave the broker soon after no key opens them any more.

Nothing relies on it. A record counts as old by when purge saw the end of its partition beyond it,
on purge's own clock: what a producer wrote as its time keeps no record alive.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog

from lethe.contracts.errors import LetheError
from lethe.runtime import metrics
from lethe.shredding.clock import Clock

EVERY_S = 0.5
MARGIN_MS = 1_000
_US = 1_000
_log = structlog.get_logger()

Ends = Mapping[tuple[str, int], int]
"""The next offset of each topic and partition."""


class SealedRecords(Protocol):
    """What the backstop asks of a broker."""

    async def ends(self) -> Ends:
        """Return where each partition of the sealed topics ends now."""
        ...

    async def delete_before(self, ends: Ends) -> None:
        """Delete what lies before these offsets.

        Raises
        ------
        LetheError
            If the broker doesn't.
        """
        ...


class Backstop:
    """Deletes what is older than the budget and a margin, while this instance leads.

    Parameters
    ----------
    leads
        Tells whether this instance leads; a standby deletes nothing.
    """

    def __init__(
        self, records: SealedRecords, clock: Clock, leads: Callable[[], bool], *, budget_ms: int
    ) -> None:
        self._records = records
        self._clock = clock
        self._leads = leads
        self._age_us = (budget_ms + MARGIN_MS) * _US
        self._seen: deque[tuple[int, Ends]] = deque()
        self._deleted: dict[tuple[str, int], int] = {}
        self._refused = False

    async def run(self) -> None:
        """Look twice a second until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            if self._leads():
                await self.look()

    async def look(self) -> None:
        """Note where the partitions end, and delete what ended long enough ago."""
        try:
            self._seen.append((self._clock.boot_us(), await self._records.ends()))
            await self._delete()
        except LetheError as error:
            metrics.BACKSTOP.labels("refused").inc()
            # A broker that lost its records ends before what was seen of it.
            self._seen.clear()
            self._deleted.clear()
            if not self._refused:
                _log.warning("the broker deletes no sealed records", reason=str(error))
            self._refused = True

    async def _delete(self) -> None:
        old: Ends = {}
        while self._seen and self._seen[0][0] <= self._clock.boot_us() - self._age_us:
            old = self._seen.popleft()[1]
        due = {place: end for place, end in old.items() if end > self._deleted.get(place, 0)}
        if due:
            await self._records.delete_before(due)
            self._deleted.update(due)
            metrics.BACKSTOP.labels("deleted").inc()
            self._refused = False
