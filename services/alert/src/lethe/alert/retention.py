"""The scheduler: destroys keys when they are due, in every instance, leading or not."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from lethe.alert.keyring import Keyring
from lethe.contracts.errors import Transient

PERIOD_S = 10.0
"""A key that is due isn't given out any more; so long later it is gone from the store too."""
_PASSES_PER_MARK = 6
_log = structlog.get_logger()


class RetentionScheduler:
    """Looks at the due times beside the keys. It needs no database, no broker and no leader.

    It keeps nothing that a restart could lose. Several at once do each other no harm.
    """

    def __init__(
        self, keyring: Keyring, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._keyring = keyring
        self._pause = pause

    async def run(self) -> None:
        """Destroy what is due, again and again, until cancelled."""
        passes = 0
        while True:
            if passes % _PASSES_PER_MARK == 0:
                await _attempt(self._keyring.keep_time)
            destroyed = await _attempt(self._keyring.destroy_due)
            if destroyed:
                _log.info("keys destroyed", count=destroyed)
            passes += 1
            await self._pause(PERIOD_S)


async def _attempt(work: Callable[[], int | None]) -> int | None:
    try:
        return await asyncio.to_thread(work)
    except Transient as error:
        _log.warning("retention held back", error=type(error).__name__)
        return None
