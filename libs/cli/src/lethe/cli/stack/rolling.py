"""Rolling the live topics: the embedded broker frees memory only when a topic is deleted."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from lethe.contracts.instants import Instant
from lethe.shredding.clock import SystemClock, instant

ROLL_EVERY_S = 20.0
ROLL_GROWTH_MB = 200.0
OVERLAP_S = 4.5
"""Readers read the old one for three seconds: one until it is left by who writes, and two more."""
CHECK_EVERY_S = 1.0


class Generations(Protocol):
    """What rolling asks of the broker's topics; `lethe.runtime.admin.TopicAdmin` does it."""

    async def roll(self, generation: int, now: Instant) -> None:
        """Make a generation of the rolling topics and tell every service of it."""
        ...

    async def drop(self, generation: int) -> None:
        """Delete the topics of a generation."""
        ...


class RollingPolicy:
    """Says when a new generation is due: every twenty seconds, or after 200 MB.

    Memory alone would allow minutes, but the broker's work per fetch grows with what a topic holds:
    after a minute of two cameras it takes half as much again of a core.
    """

    def __init__(self, now_s: float) -> None:
        self._rolled_at_s = now_s
        self._rolled_at_mb: float | None = None

    def is_due(self, now_s: float, broker_mb: float) -> bool:
        """Tell whether to roll now."""
        if self._rolled_at_mb is None:
            self._rolled_at_mb = broker_mb
        # What the last generation held is freed a while after the roll: grow from the lowest.
        self._rolled_at_mb = min(self._rolled_at_mb, broker_mb)
        old = now_s - self._rolled_at_s >= ROLL_EVERY_S
        return old or broker_mb - self._rolled_at_mb >= ROLL_GROWTH_MB

    def rolled(self, now_s: float, broker_mb: float) -> None:
        """Note that a generation was opened."""
        self._rolled_at_s = now_s
        self._rolled_at_mb = broker_mb


async def keep_rolling(
    admin: Generations, broker_mb: Callable[[], float], notice: Callable[[str], None]
) -> None:
    """Open new generations and delete the old ones, until cancelled.

    Whoever writes moves a second after it was told, readers leave two seconds later. What fails is
    tried again at the next check; should it never work, the memory bound ends the stack.
    """
    loop = asyncio.get_running_loop()
    policy = RollingPolicy(loop.time())
    newest, oldest = 0, 0
    while True:
        await asyncio.sleep(CHECK_EVERY_S)
        try:
            if policy.is_due(loop.time(), broker_mb()):
                await admin.roll(newest + 1, instant(SystemClock()))
                newest += 1
                policy.rolled(loop.time(), broker_mb())
                await asyncio.sleep(OVERLAP_S)
            while oldest < newest:
                await admin.drop(oldest)
                oldest += 1
        except Exception as error:  # noqa: BLE001 - whatever the client raises, it is tried again
            notice(f"the live topics couldn't be rolled ({type(error).__name__}); trying again")
