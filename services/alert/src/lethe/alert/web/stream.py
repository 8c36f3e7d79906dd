"""The officers' websocket."""

import asyncio
import contextlib
import json

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from lethe.alert.hub import AlertHub, Subscription
from lethe.alert.web.rendering import EventRenderer

_FIRST_MESSAGE_S = 10.0
_MAX_MESSAGE = 1024
_POLICY_VIOLATION = 1008
_SERVICE_RESTART = 1012
_TRY_AGAIN_LATER = 1013


class AlertStream:
    """Sends alerts as they are raised, from where the client left off.

    Parameters
    ----------
    heartbeat_s
        A client hears something at least this often, so that it notices a dead connection.
    max_connections
        More are told to try again later.
    """

    def __init__(
        self,
        hub: AlertHub,
        renderer: EventRenderer,
        *,
        heartbeat_s: float = 15.0,
        max_connections: int = 2_000,
    ) -> None:
        self._hub = hub
        self._renderer = renderer
        self._heartbeat_s = heartbeat_s
        self._max_connections = max_connections

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [WebSocketRoute("/alerts/stream", self.serve)]

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one client until it leaves."""
        await websocket.accept()
        if self._hub.connections >= self._max_connections:
            await websocket.close(_TRY_AGAIN_LATER, "too many connections; try again later")
            return
        with contextlib.suppress(WebSocketDisconnect):
            after = await self._read_number(websocket, "after", low=-1, timeout_s=_FIRST_MESSAGE_S)
            if after is None:
                return
            subscription = self._hub.subscribe(after)
            try:
                await self._talk(websocket, subscription)
            finally:
                self._hub.leave(subscription)

    async def _talk(self, websocket: WebSocket, subscription: Subscription) -> None:
        """Send and listen at once; whichever ends first ends the other."""
        sending = asyncio.create_task(self._send(websocket, subscription))
        listening = asyncio.create_task(self._listen(websocket, subscription))
        tasks = (sending, listening)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    async def _send(self, websocket: WebSocket, subscription: Subscription) -> None:
        hello = {
            "type": "hello",
            "log": self._hub.log_id,
            "term": self._hub.term,
            "sequence": self._hub.last_sequence,
        }
        await websocket.send_text(json.dumps(hello))
        while not self._hub.is_closed:
            while events := subscription.take():
                for event in events:
                    await websocket.send_text(self._renderer.render(event))
            caught_up = {"type": "caught-up", "sequence": subscription.sequence}
            await websocket.send_text(json.dumps(caught_up))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(subscription.wait(), self._heartbeat_s)
        await websocket.close(_SERVICE_RESTART, "another instance leads; connect again")

    async def _listen(self, websocket: WebSocket, subscription: Subscription) -> None:
        while True:
            delivered = await self._read_number(websocket, "delivered", low=0, timeout_s=None)
            if delivered is None:
                return
            subscription.delivered = max(subscription.delivered, delivered)

    @staticmethod
    async def _read_number(
        websocket: WebSocket, name: str, *, low: int, timeout_s: float | None
    ) -> int | None:
        """Return the number in `{name: number}`; None after the connection had to be closed."""
        try:
            async with asyncio.timeout(timeout_s):
                text = await websocket.receive_text()
            number = json.loads(text)[name] if len(text) <= _MAX_MESSAGE else None
        except (TimeoutError, ValueError, LookupError, TypeError, RecursionError):
            number = None
        if isinstance(number, int) and not isinstance(number, bool) and number >= low:
            return number
        await websocket.close(_POLICY_VIOLATION, f'send {{"{name}": a whole number}}')
        return None
