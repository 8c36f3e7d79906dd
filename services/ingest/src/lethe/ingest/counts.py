"""Telling what cameras counted: what couldn't be sent is sent first the next time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice

from lethe.contracts.errors import Transient
from lethe.contracts.live import SlotClosed
from lethe.contracts.topics import SLOT_CLOSED
from lethe.runtime import metrics

_MOST_KEPT = 4_096
"""Over ten minutes of one camera. Of what is older the offered and dropped frames are unknown then;
what was captured is known from the frames themselves."""

_MOST_AT_ONCE = 256

SendCounts = Callable[[Sequence[SlotClosed]], Awaitable[None]]


class Counts:
    """Sends counts in their order. A count that is sent twice is counted once.

    Parameters
    ----------
    send
        Raises `Transient` when the broker doesn't take all of them.
    """

    def __init__(self, send: SendCounts) -> None:
        self._send = send
        self._untold: deque[SlotClosed] = deque(maxlen=_MOST_KEPT)
        self._turn = asyncio.Lock()

    async def tell(self, counts: Iterable[SlotClosed]) -> None:
        """Send what is still untold, and these; leave it to whoever is at it already.

        So cameras that stop while the broker is away wait for it once, and not one after another.
        """
        self._untold.extend(counts)
        if self._turn.locked():
            return
        async with self._turn:
            while self._untold:
                told = list(islice(self._untold, _MOST_AT_ONCE))
                try:
                    await self._send(told)
                except Transient:
                    metrics.NOT_PUBLISHED.labels(SLOT_CLOSED.name).inc(len(told))
                    return
                for each in told:
                    # Unless it gave way meanwhile to those that came.
                    if self._untold[0] is each:
                        self._untold.popleft()
