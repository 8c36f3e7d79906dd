"""Leadership: one instance raises alerts and answers; the others stand by and know the orders.

A group of the broker names the instance that should lead, by giving it the one partition of
candidate lists. Taking a term in the database makes it the leader, and ends the term before.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from lethe.alert.reign import Reign
from lethe.contracts.errors import Transient

_LOOK_S = 1.0
_RETRY_S = 0.5
_log = structlog.get_logger()


class Leadership:
    """Leads from taking a term until another instance has taken one, or the partition is gone.

    While the group shares out anew, the leader goes on: nobody else can have taken a term yet.

    Parameters
    ----------
    begin
        Takes a term, does what a crash of the leader before may have left undone, and returns
        what to lead with.
    session_s
        The group's session. An instance that was overtaken though it still owns the partition
        waits that long for word of its group before it takes another term: had it been paused,
        it would learn of its loss by then.

    Attributes
    ----------
    reign
        What this instance leads with; None while it doesn't.
    """

    def __init__(self, begin: Callable[[], Awaitable[Reign]], *, session_s: float) -> None:
        self._begin = begin
        self._session_s = session_s
        self._owns: bool | None = None
        self._word = asyncio.Event()
        self.reign: Reign | None = None

    @property
    def stands_by(self) -> bool:
        """Whether the group has given the lead to another instance."""
        return self._owns is False and self.reign is None

    def unreadiness(self) -> str | None:
        """Return why this instance doesn't answer requests, None when it leads."""
        if self.reign is not None:
            return None
        if self._owns is None:
            return "not in its group yet"
        return "taking over" if self._owns else "another instance leads"

    async def on_change(self, partitions: frozenset[int], _generation: int) -> None:
        """Take the group's word on who should lead."""
        self._owns = bool(partitions)
        self._word.set()

    async def run(self) -> None:
        """Lead whenever the group says so, until cancelled.

        Raises
        ------
        BaseExceptionGroup
            With the failure of a part of the reign.
        """
        while True:
            if not self._owns:
                await self._next_word()
            else:
                pause_s = await self._lead_once()
                if self._owns:
                    await self._next_word(pause_s)

    async def _lead_once(self) -> float:
        """Take a term and lead in it; return how long to wait before the next. Keeps nothing."""
        try:
            reign = await self._begin()
        except Transient as error:
            _log.warning("not leading yet", error=type(error).__name__)
            return _RETRY_S
        await self._lead(reign)
        return self._session_s

    async def _lead(self, reign: Reign) -> None:
        self.reign = reign
        _log.info("leadership", leader=True, term=reign.tenure.number)
        try:
            async with asyncio.TaskGroup() as group:
                parts = [group.create_task(part) for part in reign.parts()]
                while self._owns and not await self._is_over(reign):
                    await self._next_word(_LOOK_S)
                for part in parts:
                    part.cancel()
        finally:
            self.reign = None
            reign.close()
            _log.info("leadership", leader=False, term=reign.tenure.number)

    async def _is_over(self, reign: Reign) -> bool:
        try:
            return await reign.tenure.is_over()
        except Transient:
            # Nobody can take a term from a database that doesn't answer.
            return False

    async def _next_word(self, within_s: float | None = None) -> None:
        """Wait for the group's next word, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._word.wait()
        self._word.clear()
