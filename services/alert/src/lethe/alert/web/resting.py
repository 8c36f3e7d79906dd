"""Clients that have heard everything so far: told together, in one task for all of them.

A turn of the event loop, a timer and a wake-up for each of a thousand cost more than what they are
told, and came all at once: whoever raised the next alert waited for the last of them.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lethe.alert.hub import AlertHub
from lethe.alert.web.listener import Listener
from lethe.alert.web.pieces import written
from lethe.runtime.websockets import Wire

_AT_ONCE = 25
"""So many are told before whoever raises alerts, asks or connects has a turn."""

Next = Callable[[Listener], Sequence[bytes] | None]


@dataclass(slots=True, eq=False)
class _Guest:
    """Somebody who rests until they are called."""

    wire: Wire
    listener: Listener
    called: asyncio.Future[Sequence[bytes]] = field(repr=False)


class Resting:
    """Keeps clients up to date as long as they read what they are sent.

    Parameters
    ----------
    following
        Returns the frames that a client is to be sent now; None if there is nothing to say.
    tick_s
        How often it is looked whether somebody is to be told something though nothing happened.
    """

    def __init__(self, hub: AlertHub, following: Next, tick_s: float) -> None:
        self._hub = hub
        self._following = following
        self._tick_s = tick_s
        self._guests: dict[_Guest, None] = {}
        self._keeping: asyncio.Task[None] | None = None

    async def rest(self, wire: Wire, listener: Listener) -> Sequence[bytes]:
        """Have a client told; return what it didn't take, once it is behind with reading.

        Nothing is left when the stream is closed.

        Raises
        ------
        ConnectionResetError
            If the connection is closed.
        """
        guest = _Guest(wire, listener, asyncio.get_running_loop().create_future())
        self._guests[guest] = None
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep())
        try:
            return await guest.called
        finally:
            del self._guests[guest]
            if not self._guests and self._keeping is not None:
                self._keeping.cancel()
                self._keeping = None

    async def _keep(self) -> None:
        while not self._hub.is_closed:
            seen = self._hub.end
            for number, guest in enumerate(list(self._guests), start=1):
                if not guest.called.done():
                    self._tell(guest)
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._tick_s):
                    await self._hub.wait_beyond(seen)
        # Nobody comes any more: whoever sees that it is closed doesn't rest.
        for guest in self._guests:
            if not guest.called.done():
                guest.called.set_result(())

    def _tell(self, guest: _Guest) -> None:
        try:
            while (frames := self._following(guest.listener)) is not None:
                if left := written(guest.wire, frames):
                    guest.called.set_result(left)
                    return
        except Exception as error:  # noqa: BLE001 - theirs alone, and raised in their own task
            guest.called.set_exception(error)
