"""What cameras see, every face covered, over HTTP: one picture at a time, to whoever asks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from lethe.alert.errors import NotFound
from lethe.alert.identity.access import LOOKS
from lethe.alert.identity.reach import Reach
from lethe.alert.looks import Looks
from lethe.alert.ports import StatusSource
from lethe.alert.view import View
from lethe.alert.web.gate import Endpoint, principal_of
from lethe.contracts.instants import Instant

AGE = "Lethe-Age-Ms"
"""The header of an answer that says how old its picture is."""

PATIENCE_S = 10.0
"""So long a request waits for a view; then whoever asks learns that none came."""

_SLOW_MS = 50
"""Whoever takes the head of an answer so late is told the wrong age, and gets no picture."""


class CameraEndpoints:
    """Views of cameras, for those who answer for them.

    Parameters
    ----------
    source
        Tells which cameras there are.
    """

    def __init__(
        self, looks: Looks, source: StatusSource, reach: Reach, now: Callable[[], Instant]
    ) -> None:
        self._looks = looks
        self._source = source
        self._reach = reach
        self._now = now

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        path = "/cameras/{camera_id}/view"
        return [Endpoint(path, self.view, LOOKS, is_audited=True, may_have_nothing=True)]

    async def view(self, request: Request) -> Response:
        """Answer with the next picture of a camera, every face covered; with none if none comes."""
        principal, camera_id = principal_of(request), request.path_params["camera_id"]
        status = await self._source.status()
        deployments = frozenset(
            each.deployment_id
            for each in status.cameras
            if each.camera_id == camera_id and self._reach.sees(principal, each.deployment_id)
        )
        if not deployments:
            raise NotFound("there is no such camera")
        await self._looks.begin(principal.subject, camera_id, deployments)
        waiting = self._looks.waiting(principal.subject, camera_id, deployments)
        return _NextView(waiting, self._now)


class _NextView(Response):
    """Waits for a view and sends it, unless whoever asked for it is gone by then."""

    def __init__(
        self,
        waiting: AbstractContextManager[asyncio.Future[View]],
        now: Callable[[], Instant],
    ) -> None:
        super().__init__()
        self._waiting = waiting
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._waiting as coming:
            gone = asyncio.create_task(_gone(receive))
            try:
                await asyncio.wait(
                    (coming, gone), timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                gone.cancel()
            answer = self._answer(coming.result()) if coming.done() else _nothing()
            await answer(scope, receive, send)

    def _answer(self, view: View) -> Response:
        if view.is_over:
            return _nothing()
        age_ms = max(0, round(self._now().since_ms(view.captured)))
        return StreamingResponse(
            self._picture(view, age_ms), media_type="image/jpeg", headers={AGE: str(age_ms)}
        )

    async def _picture(self, view: View, told_ms: int) -> AsyncIterator[bytes]:
        """Give the picture once the head of the answer is taken, unless that took too long."""
        slow_ms = self._now().since_ms(view.captured) - told_ms
        if slow_ms < _SLOW_MS and not view.is_over:
            yield view.jpeg()


def _nothing() -> Response:
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _gone(receive: Receive) -> None:
    """Return once whoever asked has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
