"""What one client of the stream is told, until the hub closes or it hasn't read in time."""

import asyncio
import contextlib
import math
import time
from collections.abc import Callable
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
        await self._say(websocket, self._hello())
        while not self._hub.is_closed:
            while events := listener.subscription.take():
                heard = [event for event in events if self._concerns(listener.principal, event)]
                for event in heard:
                    if isinstance(event, HubEvent):
                        self._consultations.note(listener.actor, event.alert.alert_id)
                listener.is_current = False
                await self._say(websocket, *map(self._renderer.render, heard))
            await self._rest(websocket, listener)
        raise Ended(SERVICE_RESTART, "another instance leads; connect again")

    async def _rest(self, websocket: WebSocket, listener: Listener) -> None:
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
                await self._say(websocket, told.model_dump_json())
            else:
                listener.is_current, listener.told_s = True, time.monotonic()
                caught_up = CaughtUp(sequence=subscription.sequence)
                await self._say(websocket, caught_up.model_dump_json())

    def _pause_s(self, listener: Listener) -> float:
        """Return how long to wait for news before something else is to be said."""
        if listener.is_current:
            return self._limits.heartbeat_s
        return listener.told_s + self._limits.caught_up_s - time.monotonic()

    def _hello(self) -> str:
        hello = Hello(
            log=self._hub.log_id,
            term=self._hub.term,
            sequence=self._hub.last_sequence,
            at=utc(self._now_s()),
            heartbeat_s=self._limits.heartbeat_s,
        )
        return hello.model_dump_json()

    async def _say(self, websocket: WebSocket, *texts: str) -> None:
        try:
            async with asyncio.timeout(self._limits.send_s):
                for text in texts:
                    await websocket.send_text(text)
        except TimeoutError:
            raise Ended(TOO_SLOW, "you read too slowly; connect again and resume") from None
        except RuntimeError:
            # The server has closed the connection by itself: no answer came to its pings.
            raise WebSocketDisconnect(GOING_AWAY) from None

    def _concerns(self, principal: Principal, event: HubEvent | Gap) -> bool:
        if isinstance(event, Gap):
            return True
        return self._reach.sees(principal, event.alert.deployment_id)
