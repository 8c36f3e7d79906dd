"""The officers' websocket: who is let in, and when a connection ends."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.routing import BaseRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from lethe.alert.audit.consultations import Consultations
from lethe.alert.audit.deeds import Actor
from lethe.alert.errors import NotSignedIn
from lethe.alert.hub import AlertHub, Gap, HubEvent, Subscription
from lethe.alert.identity.access import SEES_ALERTS
from lethe.alert.identity.principal import Principal
from lethe.alert.identity.reach import Reach
from lethe.alert.web.gate import Doorkeeper, SocketEndpoint, actor_of, cookie_name
from lethe.alert.web.messages import Begin, CaughtUp, Delivered, Heartbeat, Hello
from lethe.alert.web.rates import Rates
from lethe.alert.web.rendering import EventRenderer
from lethe.alert.web.views import utc
from lethe.contracts.errors import Refused, Transient

_GOING_AWAY = 1001
_POLICY_VIOLATION = 1008
_SERVICE_RESTART = 1012
_TRY_AGAIN_LATER = 1013
NOT_SIGNED_IN = 4401
"""Close codes of our own, after the statuses of HTTP."""
NOT_ALLOWED = 4403
TOO_SLOW = 4408

_Told = TypeVar("_Told", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What a connection may take, so that one can't keep others from hearing.

    Attributes
    ----------
    heartbeat_s
        A client hears something at least this often, so that it notices a dead connection.
    first_message_s
        Within this a client has to say who it is.
    send_s
        What a client must have read a batch of messages within. What it hasn't read yet is some
        kilobytes on this side, and its place in the log.
    last_word_s
        How long it is tried to tell a client why its connection ends.
    connections, of_one
        How many there may be, of all and of one person; more are told to try again later.
    messages_per_s, message_burst
        What a client may send.
    """

    heartbeat_s: float = 15.0
    first_message_s: float = 10.0
    send_s: float = 20.0
    last_word_s: float = 5.0
    connections: int = 2_000
    of_one: int = 20
    messages_per_s: float = 20.0
    message_burst: int = 100


DEFAULT_LIMITS = StreamLimits()


@dataclass(frozen=True, slots=True)
class _Listener:
    """A client that is let in."""

    principal: Principal
    actor: Actor
    subscription: Subscription


class _Ended(Exception):
    """A connection is to be closed with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


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
        self._renderer = renderer
        self._doorkeeper = doorkeeper
        self._reach = reach
        self._consultations = consultations
        self._now_s = now_s
        self._limits = limits
        self._of_each: Counter[str] = Counter()

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [SocketEndpoint("/alerts/stream", self.serve, SEES_ALERTS)]

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one client until it leaves."""
        await websocket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            try:
                await self._serve(websocket)
            except _Ended as ended:
                # A client that doesn't read keeps nobody here: the system drops its connection.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._limits.last_word_s):
                        await websocket.close(ended.code, _short(ended))

    async def _serve(self, websocket: WebSocket) -> None:
        if self._hub.connections >= self._limits.connections:
            raise _Ended(_TRY_AGAIN_LATER, "too many connections; try again later")
        beginning = await self._beginning(websocket)
        principal = await self._admit(websocket, beginning)
        who = principal.subject
        if self._of_each[who] >= self._limits.of_one:
            raise _Ended(_TRY_AGAIN_LATER, "you have too many connections; close some")
        self._of_each[who] += 1
        subscription = self._hub.subscribe(beginning.after)
        listener = _Listener(principal, actor_of(principal), subscription)
        try:
            await self._audit(listener, beginning.after)
            await self._talk(websocket, listener)
        finally:
            self._hub.leave(subscription)
            self._of_each[who] -= 1
            if not self._of_each[who]:
                del self._of_each[who]

    async def _beginning(self, websocket: WebSocket) -> Begin:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.first_message_s):
                return await _read(websocket, Begin, "after")
        raise _not_one_of_ours("after")

    async def _admit(self, websocket: WebSocket, beginning: Begin) -> Principal:
        token = beginning.token or websocket.cookies.get(cookie_name(websocket))
        try:
            return await self._doorkeeper.admit(token, SEES_ALERTS)
        except NotSignedIn as error:
            raise _Ended(NOT_SIGNED_IN, str(error)) from None
        except Refused as error:
            raise _Ended(NOT_ALLOWED, str(error)) from None
        except Transient as error:
            raise _Ended(_TRY_AGAIN_LATER, str(error)) from None

    async def _audit(self, listener: _Listener, after: int) -> None:
        try:
            await self._consultations.begin(listener.actor, after)
        except Transient as error:
            raise _Ended(_TRY_AGAIN_LATER, str(error)) from None

    async def _talk(self, websocket: WebSocket, listener: _Listener) -> None:
        """Send and listen at once; whichever ends first ends the other, and the token both."""
        tasks = (
            asyncio.create_task(self._send(websocket, listener)),
            asyncio.create_task(self._listen(websocket, listener.subscription)),
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
            raise _Ended(NOT_SIGNED_IN, "your token has expired; sign in again")

    async def _send(self, websocket: WebSocket, listener: _Listener) -> None:
        subscription = listener.subscription
        await self._say(websocket, self._hello())
        while not self._hub.is_closed:
            while events := subscription.take():
                heard = [event for event in events if self._concerns(listener.principal, event)]
                for event in heard:
                    if isinstance(event, HubEvent):
                        self._consultations.note(listener.actor, event.alert.alert_id)
                await self._say(websocket, *map(self._renderer.render, heard))
            caught_up = CaughtUp(sequence=subscription.sequence)
            await self._say(websocket, caught_up.model_dump_json())
            await self._wait(websocket, subscription)
        raise _Ended(_SERVICE_RESTART, "another instance leads; connect again")

    async def _wait(self, websocket: WebSocket, subscription: Subscription) -> None:
        """Wait for news, and say now and then that there are none."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._limits.heartbeat_s):
                    return await subscription.wait()
            heartbeat = Heartbeat(sequence=subscription.sequence, at=utc(self._now_s()))
            await self._say(websocket, heartbeat.model_dump_json())

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
            raise _Ended(TOO_SLOW, "you read too slowly; connect again and resume") from None
        except RuntimeError:
            # The server has closed the connection by itself: no answer came to its pings.
            raise WebSocketDisconnect(_GOING_AWAY) from None

    def _concerns(self, principal: Principal, event: HubEvent | Gap) -> bool:
        if isinstance(event, Gap):
            return True
        return self._reach.sees(principal, event.alert.deployment_id)

    async def _listen(self, websocket: WebSocket, subscription: Subscription) -> None:
        rates = Rates(self._limits.messages_per_s, self._limits.message_burst, time.monotonic)
        while True:
            told = await _read(websocket, Delivered, "delivered")
            subscription.delivered = max(subscription.delivered, told.delivered)
            if not rates.allows(None):
                raise _Ended(_POLICY_VIOLATION, "you send too many messages")


async def _read(websocket: WebSocket, kind: type[_Told], asked: str) -> _Told:
    """Return a message of a client."""
    try:
        return kind.model_validate_json(await websocket.receive_text())
    # A binary message has no text.
    except (ValidationError, LookupError):
        raise _not_one_of_ours(asked) from None


def _not_one_of_ours(asked: str) -> _Ended:
    return _Ended(_POLICY_VIOLATION, f'send {{"{asked}": a whole number}}')


def _short(ended: _Ended) -> str:
    # A close frame has room for 123 bytes.
    return str(ended)[:120]
