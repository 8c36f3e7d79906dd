"""The officers' websocket."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.routing import BaseRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from lethe.alert.errors import NotSignedIn
from lethe.alert.hub import AlertHub, Gap, HubEvent, Subscription
from lethe.alert.identity.access import SEES_ALERTS
from lethe.alert.identity.principal import Principal
from lethe.alert.identity.reach import Reach
from lethe.alert.web.gate import Doorkeeper, SocketEndpoint, cookie_name
from lethe.alert.web.rendering import EventRenderer
from lethe.contracts.errors import Refused, Transient

_FIRST_MESSAGE_S = 10.0
_MAX_MESSAGE = 4_000
_POLICY_VIOLATION = 1008
_SERVICE_RESTART = 1012
_TRY_AGAIN_LATER = 1013
NOT_SIGNED_IN = 4401
"""Close codes of our own, after the statuses of HTTP."""
NOT_ALLOWED = 4403


@dataclass(frozen=True, slots=True)
class _Beginning:
    """A client's first message."""

    after: int
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Listener:
    """A client that is let in."""

    principal: Principal
    subscription: Subscription


class AlertStream:
    """Sends alerts as they are raised, from where the client left off.

    Parameters
    ----------
    doorkeeper
        Tells who connects, by a token in their first message or by the page's cookie.
    heartbeat_s
        A client hears something at least this often, so that it notices a dead connection.
    max_connections
        More are told to try again later.
    now_s
        The wall clock, in seconds since 1970: a stream ends when its token does.
    """

    def __init__(
        self,
        hub: AlertHub,
        renderer: EventRenderer,
        doorkeeper: Doorkeeper,
        reach: Reach,
        *,
        heartbeat_s: float = 15.0,
        max_connections: int = 2_000,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._hub = hub
        self._renderer = renderer
        self._doorkeeper = doorkeeper
        self._reach = reach
        self._now_s = now_s
        self._heartbeat_s = heartbeat_s
        self._max_connections = max_connections

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [SocketEndpoint("/alerts/stream", self.serve, SEES_ALERTS)]

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one client until it leaves."""
        await websocket.accept()
        if self._hub.connections >= self._max_connections:
            await websocket.close(_TRY_AGAIN_LATER, "too many connections; try again later")
            return
        with contextlib.suppress(WebSocketDisconnect):
            beginning = await self._read_beginning(websocket)
            principal = await self._admit(websocket, beginning) if beginning else None
            if beginning is None or principal is None:
                return
            subscription = self._hub.subscribe(beginning.after)
            try:
                await self._talk(websocket, _Listener(principal, subscription))
            finally:
                self._hub.leave(subscription)

    async def _admit(self, websocket: WebSocket, beginning: _Beginning) -> Principal | None:
        """Return who connects; None after the connection had to be closed."""
        token = beginning.token or websocket.cookies.get(cookie_name(websocket))
        try:
            return await self._doorkeeper.admit(token, SEES_ALERTS)
        except NotSignedIn as error:
            await websocket.close(NOT_SIGNED_IN, _reason(error))
        except Refused as error:
            await websocket.close(NOT_ALLOWED, _reason(error))
        except Transient as error:
            await websocket.close(_TRY_AGAIN_LATER, _reason(error))
        return None

    async def _talk(self, websocket: WebSocket, listener: _Listener) -> None:
        """Send and listen at once; whichever ends first ends the other, and the token both."""
        sending = asyncio.create_task(self._send(websocket, listener))
        listening = asyncio.create_task(self._listen(websocket, listener.subscription))
        tasks = (sending, listening)
        left_s = listener.principal.expires_s - self._now_s()
        try:
            done, _ = await asyncio.wait(tasks, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        if not done:
            await websocket.close(NOT_SIGNED_IN, "your token has expired; sign in again")

    async def _send(self, websocket: WebSocket, listener: _Listener) -> None:
        subscription = listener.subscription
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
                    if not self._concerns(listener.principal, event):
                        continue
                    await websocket.send_text(self._renderer.render(event))
            caught_up = {"type": "caught-up", "sequence": subscription.sequence}
            await websocket.send_text(json.dumps(caught_up))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(subscription.wait(), self._heartbeat_s)
        await websocket.close(_SERVICE_RESTART, "another instance leads; connect again")

    def _concerns(self, principal: Principal, event: HubEvent | Gap) -> bool:
        if isinstance(event, Gap):
            return True
        return self._reach.sees(principal, event.alert.deployment_id)

    async def _listen(self, websocket: WebSocket, subscription: Subscription) -> None:
        while True:
            content = await _read(websocket, timeout_s=None)
            delivered = _number(content, "delivered", low=0)
            if delivered is None:
                await websocket.close(_POLICY_VIOLATION, _asking("delivered"))
                return
            subscription.delivered = max(subscription.delivered, delivered)

    @staticmethod
    async def _read_beginning(websocket: WebSocket) -> _Beginning | None:
        """Return the first message; None after the connection had to be closed."""
        content = await _read(websocket, timeout_s=_FIRST_MESSAGE_S)
        after, token = _number(content, "after", low=-1), content.get("token")
        if after is not None and (token is None or isinstance(token, str)):
            return _Beginning(after, token)
        await websocket.close(_POLICY_VIOLATION, _asking("after"))
        return None


async def _read(websocket: WebSocket, timeout_s: float | None) -> dict[str, object]:
    """Return the object in a message; an empty one where it isn't any, or doesn't come."""
    try:
        async with asyncio.timeout(timeout_s):
            text = await websocket.receive_text()
        content = json.loads(text) if len(text) <= _MAX_MESSAGE else None
    except (TimeoutError, ValueError, LookupError, RecursionError):
        content = None
    return content if isinstance(content, dict) else {}


def _number(content: dict[str, object], name: str, *, low: int) -> int | None:
    number = content.get(name)
    if not isinstance(number, int) or isinstance(number, bool) or number < low:
        return None
    return number


def _asking(name: str) -> str:
    return f'send {{"{name}": a whole number}}'


def _reason(error: Exception) -> str:
    # A close frame has room for 123 bytes.
    return str(error)[:120]
