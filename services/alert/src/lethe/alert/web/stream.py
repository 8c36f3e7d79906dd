"""The officers' websocket: who is let in, and when a connection ends."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.routing import BaseRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from lethe.alert.audit.consultations import Consultations
from lethe.alert.deliveries import Console, Scope
from lethe.alert.errors import NotSignedIn, TooMany
from lethe.alert.hub import AlertHub
from lethe.alert.identity.access import SEES_ALERTS
from lethe.alert.identity.principal import Principal
from lethe.alert.identity.reach import Reach
from lethe.alert.web.doorkeeper import Doorkeeper
from lethe.alert.web.gate import SocketEndpoint, actor_of, cookie_name
from lethe.alert.web.limits import (
    DEFAULT_LIMITS,
    NOT_ALLOWED,
    NOT_SIGNED_IN,
    POLICY_VIOLATION,
    TRY_AGAIN_LATER,
    Ended,
    StreamLimits,
)
from lethe.alert.web.listener import Listener
from lethe.alert.web.messages import Begin, Delivered
from lethe.alert.web.rates import Rates
from lethe.alert.web.rendering import EventRenderer
from lethe.alert.web.telling import Telling
from lethe.contracts.errors import Refused, Transient
from lethe.runtime import metrics

_Told = TypeVar("_Told", bound=BaseModel)


class AlertStream:
    """Sends alerts as they are raised, from where the client left off.

    Parameters
    ----------
    doorkeeper
        Tells who connects, by a token in their first message or by the page's cookie.
    now_s
        The wall clock, in seconds since 1970: a stream ends when its token does.
    """

    def __init__(
        self,
        hub: AlertHub,
        renderer: EventRenderer,
        doorkeeper: Doorkeeper,
        reach: Reach,
        consultations: Consultations,
        *,
        limits: StreamLimits = DEFAULT_LIMITS,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._hub = hub
        self._telling = Telling(hub, renderer, reach, consultations, limits, now_s)
        self._doorkeeper = doorkeeper
        self._consultations = consultations
        self._now_s = now_s
        self._limits = limits
        self._of_each: Counter[str] = Counter()
        self._connected = 0
        self._unknown: dict[asyncio.Timeout, None] = {}
        self._openings = Rates(limits.openings_per_s, limits.opening_burst, time.monotonic)

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [SocketEndpoint("/alerts/stream", self.serve, SEES_ALERTS)]

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one client until it leaves."""
        await websocket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            try:
                await self._serve(websocket)
            except Ended as ended:
                # A client that doesn't read keeps nobody here: the system drops its connection.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._limits.last_word_s):
                        await websocket.close(ended.code, ended.reason)

    async def _serve(self, websocket: WebSocket) -> None:
        beginning, principal = await self._introduced(websocket)
        if self._connected >= self._limits.connections:
            raise Ended(TRY_AGAIN_LATER, "too many connections; try again later")
        self._connected += 1
        try:
            await self._follow(websocket, principal, beginning)
        finally:
            self._connected -= 1

    async def _follow(self, websocket: WebSocket, principal: Principal, beginning: Begin) -> None:
        who = principal.subject
        if self._of_each[who] >= self._limits.of_one:
            raise Ended(TRY_AGAIN_LATER, "you have too many connections; close some")
        if not self._openings.allows(who):
            raise Ended(TRY_AGAIN_LATER, "you connect too often; wait a moment")
        self._of_each[who] += 1
        after = self._first(beginning)
        subscription = self._hub.subscribe(after)
        scope = Scope(principal.deployments, principal.areas)
        console = self._hub.deliveries.connect(subscription, scope)
        listener = Listener(principal, actor_of(principal), subscription, console)
        self._count()
        try:
            await self._audit(listener, after)
            await self._talk(websocket, listener)
        finally:
            console.leave()
            self._hub.leave(subscription)
            self._count()
            self._of_each[who] -= 1
            if not self._of_each[who]:
                del self._of_each[who]

    def _count(self) -> None:
        reached = self._hub.deliveries.reached()
        metrics.STREAM_CONSOLES.set(reached.connected)
        metrics.STREAM_RECEIVED.set(reached.received or 0)

    def _first(self, beginning: Begin) -> int:
        """Return after which alert a client begins."""
        if beginning.after >= 0 or not beginning.newest:
            return beginning.after
        return max(0, self._hub.last_sequence - beginning.newest)

    async def _introduced(self, websocket: WebSocket) -> tuple[Begin, Principal]:
        """Return what a client begins with and who it is, if it says so in time."""
        if len(self._unknown) >= self._limits.unknown:
            # Whoever means it says who they are at once: not they, but the silent have to go.
            silent = next(iter(self._unknown))
            del self._unknown[silent]
            silent.reschedule(asyncio.get_running_loop().time())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.first_message_s) as patience:
                self._unknown[patience] = None
                try:
                    beginning = await _read(websocket, Begin, "after")
                    return beginning, await self._admit(websocket, beginning)
                finally:
                    self._unknown.pop(patience, None)
        raise _not_one_of_ours("after")

    async def _admit(self, websocket: WebSocket, beginning: Begin) -> Principal:
        token = beginning.token or websocket.cookies.get(cookie_name(websocket))
        try:
            return await self._doorkeeper.admit(token, SEES_ALERTS, websocket)
        except NotSignedIn as error:
            raise Ended(NOT_SIGNED_IN, str(error)) from None
        except Refused as error:
            raise Ended(NOT_ALLOWED, str(error)) from None
        except (TooMany, Transient) as error:
            raise Ended(TRY_AGAIN_LATER, str(error)) from None

    async def _audit(self, listener: Listener, after: int) -> None:
        try:
            await self._consultations.begin(listener.actor, after)
        except Transient as error:
            raise Ended(TRY_AGAIN_LATER, str(error)) from None

    async def _talk(self, websocket: WebSocket, listener: Listener) -> None:
        """Send and listen at once; whichever ends first ends the other, and the token both."""
        tasks = (
            asyncio.create_task(self._telling.tell(websocket, listener)),
            asyncio.create_task(self._listen(websocket, listener.console)),
        )
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
            raise Ended(NOT_SIGNED_IN, "your token has expired; sign in again")

    async def _listen(self, websocket: WebSocket, console: Console) -> None:
        rates = Rates(self._limits.messages_per_s, self._limits.message_burst, time.monotonic)
        while True:
            told = await _read(websocket, Delivered, "delivered")
            console.received(told.delivered)
            self._count()
            if not rates.allows(None):
                raise Ended(POLICY_VIOLATION, "you send too many messages")


async def _read(websocket: WebSocket, kind: type[_Told], asked: str) -> _Told:
    """Return a message of a client."""
    try:
        return kind.model_validate_json(await websocket.receive_text())
    # A binary message has no text.
    except (ValidationError, LookupError):
        raise _not_one_of_ours(asked) from None


def _not_one_of_ours(asked: str) -> Ended:
    return Ended(POLICY_VIOLATION, f'send {{"{asked}": a whole number}}')
