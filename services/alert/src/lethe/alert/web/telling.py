"""What one client of the stream is told, until the hub closes or it hasn't read in time."""

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from starlette.websockets import WebSocket, WebSocketDisconnect

from lethe.alert.audit.consultations import Consultations
from lethe.alert.audit.deeds import Actor
from lethe.alert.hub import AlertHub, Gap, HubEvent, Subscription
from lethe.alert.identity.principal import Principal
from lethe.alert.identity.reach import Reach
from lethe.alert.web.limits import GOING_AWAY, SERVICE_RESTART, TOO_SLOW, Ended, StreamLimits
from lethe.alert.web.messages import CaughtUp, Heartbeat, Hello
from lethe.alert.web.rendering import EventRenderer
from lethe.alert.web.views import utc
from lethe.runtime.websockets import Wire, text_frame, wire_of

_A_FEW = 64
_PIECE_BYTES = 32_768
"""What a client hasn't read yet lies here: no more than a piece is added to it at once."""


@dataclass(slots=True)
class Listener:
    """A client that is let in.

    Attributes
    ----------
    is_current
        Whether it was told that nothing waits since the last event.
    told_s
        When that was, by a clock that isn't stepped.
    """

    principal: Principal
    actor: Actor
    subscription: Subscription
    is_current: bool = field(default=False, init=False)
    told_s: float = field(default=-math.inf, init=False)


class Telling:
    """Sends what happens to those whom it concerns.

    Parameters
    ----------
    now_s
        The wall clock, in seconds since 1970.
    """

    def __init__(
        self,
        hub: AlertHub,
        renderer: EventRenderer,
        reach: Reach,
        consultations: Consultations,
        limits: StreamLimits,
        now_s: Callable[[], float],
    ) -> None:
        self._hub = hub
        self._renderer = renderer
        self._reach = reach
        self._consultations = consultations
        self._limits = limits
        self._now_s = now_s

    async def tell(self, websocket: WebSocket, listener: Listener) -> None:
        """Send to a client from where it left off.

        Raises
        ------
        Ended
            If it doesn't read, or the time of this leader is over.
        WebSocketDisconnect
            If it is gone.
        """
        wire = wire_of(websocket)
        await self._say(wire, self._hello())
        while not self._hub.is_closed:
            while events := listener.subscription.take():
                heard = [event for event in events if self._concerns(listener.principal, event)]
                for event in heard:
                    if isinstance(event, HubEvent):
                        self._consultations.note(listener.actor, event.alert.alert_id)
                listener.is_current = False
                await self._say(wire, *map(self._renderer.render, heard))
                if len(events) > _A_FEW:
                    # Whoever reads quickly and has missed much keeps nobody waiting.
                    await asyncio.sleep(0)
            await self._rest(wire, listener)
        raise Ended(SERVICE_RESTART, "another instance leads; connect again")

    async def _rest(self, wire: Wire, listener: Listener) -> None:
        """Wait for news; say now and then that nothing waits, and that nothing happens."""
        subscription = listener.subscription
        while True:
            pause_s = self._pause_s(listener)
            if pause_s > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause_s):
                        return await subscription.wait()
            if listener.is_current:
                told = Heartbeat(sequence=subscription.sequence, at=utc(self._now_s()))
                await self._say(wire, text_frame(told.model_dump_json()))
            else:
                listener.is_current, listener.told_s = True, time.monotonic()
                caught_up = CaughtUp(sequence=subscription.sequence)
                await self._say(wire, text_frame(caught_up.model_dump_json()))

    def _pause_s(self, listener: Listener) -> float:
        """Return how long to wait for news before something else is to be said."""
        if listener.is_current:
            return self._limits.heartbeat_s
        return listener.told_s + self._limits.caught_up_s - time.monotonic()

    def _hello(self) -> bytes:
        hello = Hello(
            log=self._hub.log_id,
            term=self._hub.term,
            sequence=self._hub.last_sequence,
            at=utc(self._now_s()),
            heartbeat_s=self._limits.heartbeat_s,
        )
        return text_frame(hello.model_dump_json())

    async def _say(self, wire: Wire, *frames: bytes) -> None:
        """Send frames, many in one piece; wait for a client only that is behind."""
        waiting = deque(_in_pieces(frames))
        try:
            while waiting and wire.write(waiting[0]):
                waiting.popleft()
            if waiting:
                async with asyncio.timeout(self._limits.send_s):
                    while waiting:
                        await wire.until_read()
                        if wire.write(waiting[0]):
                            waiting.popleft()
        except TimeoutError:
            raise Ended(TOO_SLOW, "you read too slowly; connect again and resume") from None
        except ConnectionResetError:
            # It is gone, or the server has closed it by itself: no answer came to its pings.
            raise WebSocketDisconnect(GOING_AWAY) from None

    def _concerns(self, principal: Principal, event: HubEvent | Gap) -> bool:
        if isinstance(event, Gap):
            return True
        return self._reach.sees(principal, event.alert.deployment_id)


def _in_pieces(frames: Iterable[bytes]) -> Iterator[bytes]:
    """Join frames to pieces, each with one frame at least."""
    piece: list[bytes] = []
    size = 0
    for frame in frames:
        if piece and size + len(frame) > _PIECE_BYTES:
            yield b"".join(piece)
            piece, size = [], 0
        piece.append(frame)
        size += len(frame)
    if piece:
        yield b"".join(piece)
