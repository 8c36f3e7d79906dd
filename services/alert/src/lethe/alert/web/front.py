"""The front door of an instance: open while it leads, else a word on who does."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from weakref import WeakKeyDictionary

from starlette.routing import BaseRoute, Router
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from lethe.alert.leading import Leadership
from lethe.alert.reign import Reign
from lethe.alert.web.problems import problem
from lethe.contracts.errors import Transient

_RETRY_AFTER = {"Retry-After": "1"}


class Front:
    """Serves page, API and websocket while this instance leads, and 503 otherwise.

    Parameters
    ----------
    routes
        Makes the routes of a reign, once for each.
    leader
        Names the instance that took over last; raises `Transient` if that isn't known.
    """

    def __init__(
        self,
        leadership: Leadership,
        routes: Callable[[Reign], list[BaseRoute]],
        leader: Callable[[], Awaitable[str]],
    ) -> None:
        self._leadership = leadership
        self._routes = routes
        self._leader = leader
        # Weakly: what a reign had is gone with it, whether or not anybody asks afterwards.
        self._opened: WeakKeyDictionary[Reign, Router] = WeakKeyDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        reign = self._leadership.reign
        if reign is None:
            await self._turn_away(scope, receive, send)
            return
        if reign not in self._opened:
            self._opened[reign] = Router(routes=self._routes(reign))
        await self._opened[reign](scope, receive, send)

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = problem(HTTPStatus.SERVICE_UNAVAILABLE, await self._detail(), _RETRY_AFTER)
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(answer)
        else:
            await answer(scope, receive, send)

    async def _detail(self) -> str:
        if not self._leadership.stands_by:
            return "this instance doesn't lead yet; try again"
        try:
            return f"{await self._leader()} leads, this instance stands by; ask that one"
        except Transient:
            return "this instance stands by; ask the one that leads"
