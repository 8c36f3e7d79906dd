"""What one client of the stream is told, until the hub closes or it hasn't read in time."""

import asyncio
import time
from collections.abc import Callable, Sequence

from starlette.websockets import WebSocket, WebSocketDisconnect

from lethe.alert.audit.consultations import Consultations
from lethe.alert.hub import AlertHub, EventKind, Gap, HubEvent
from lethe.alert.identity.reach import Reach
from lethe.alert.web.limits import GOING_AWAY, SERVICE_RESTART, TOO_SLOW, Ended, StreamLimits
from lethe.alert.web.listener import Listener
from lethe.alert.web.messages import CaughtUp, Heartbeat, Hello
from lethe.alert.web.pieces import written
from lethe.alert.web.rendering import EventRenderer
from lethe.alert.web.resting import Resting
from lethe.alert.web.views import utc
from lethe.runtime.websockets import Wire, text_frame, wire_of

_A_FEW = 64
_TICKS = 4
"""What is due though nothing happened is late by a quarter of the shortest pause at most."""


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
        shortest_s = min(limits.heartbeat_s, limits.caught_up_s)
        self._resting = Resting(hub, self._following, shortest_s / _TICKS)

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
        frames: Sequence[bytes] | None = [self._hello()]
        try:
            while not self._hub.is_closed:
                while frames is not None:
                    await self._say(wire, frames)
                    if len(frames) > _A_FEW:
                        # Whoever reads quickly and has missed much keeps nobody waiting.
                        await asyncio.sleep(0)
                    frames = self._following(listener)
                frames = await self._resting.rest(wire, listener)
        except ConnectionResetError:
            # It is gone, or the server has closed it by itself: no answer came to its pings.
            raise WebSocketDisconnect(GOING_AWAY) from None
        raise Ended(SERVICE_RESTART, "another instance leads; connect again")

    def _following(self, listener: Listener) -> Sequence[bytes] | None:
        """Return what a client is to be sent now; None if there is nothing to say."""
        if events := listener.subscription.take():
            heard = [event for event in events if self._concerns(listener, event)]
            for event in heard:
                if isinstance(event, HubEvent):
                    self._consultations.note(listener.actor, event.alert.alert_id)
            listener.is_current = False
            return [*map(self._renderer.render, heard)]
        now_s = time.monotonic()
        if now_s < self._due_s(listener):
            return None
        sequence = listener.subscription.sequence
        said: CaughtUp | Heartbeat
        if listener.is_current:
            said = Heartbeat(sequence=sequence, at=utc(self._now_s()))
        else:
            said = CaughtUp(sequence=sequence)
            listener.is_current, listener.told_s = True, now_s
        listener.said_s = now_s
        return [text_frame(said.model_dump_json())]

    def _due_s(self, listener: Listener) -> float:
        """Return when something is to be said though nothing happens."""
        if listener.is_current:
            return listener.said_s + self._limits.heartbeat_s
        return listener.told_s + self._limits.caught_up_s

    def _hello(self) -> bytes:
        hello = Hello(
            log=self._hub.log_id,
            term=self._hub.term,
            sequence=self._hub.last_sequence,
            at=utc(self._now_s()),
            heartbeat_s=self._limits.heartbeat_s,
        )
        return text_frame(hello.model_dump_json())

    async def _say(self, wire: Wire, frames: Sequence[bytes]) -> None:
        """Send frames; wait for a client only that is behind."""
        if not (left := written(wire, frames)):
            return
        try:
            async with asyncio.timeout(self._limits.send_s):
                while left:
                    await wire.until_read()
                    left = written(wire, left)
        except TimeoutError:
            raise Ended(TOO_SLOW, "you read too slowly; connect again and resume") from None

    def _concerns(self, listener: Listener, event: HubEvent | Gap) -> bool:
        if isinstance(event, Gap):
            return True
        alert = event.alert
        concerns = self._reach.sees(listener.principal, alert.deployment_id)
        if event.kind is EventKind.ALERT:
            listener.console.handed(alert.deployment_id, alert.sequence, is_told=concerns)
        return concerns
