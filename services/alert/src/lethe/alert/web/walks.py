"""Walk-throughs over HTTP: how one stands, and the words that only people can give."""

from collections.abc import Awaitable, Callable
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.identity.access import CONDUCTS
from lethe.alert.identity.reach import Reach
from lethe.alert.walks.desk import WalkDesk
from lethe.alert.walks.walk import Lack, Passage, Progress
from lethe.alert.web.asked import JsonBody
from lethe.alert.web.bodies import read_model
from lethe.alert.web.gate import Endpoint, principal_of
from lethe.alert.web.views import utc


class Agreed(BaseModel):
    """The volunteer has agreed to it, and knows what is kept of them and until when."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    agreed: Literal[True]


class Framed(BaseModel):
    """What the camera sees is right."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    framed: Literal[True]


class PassageView(BaseModel):
    """How far a camera has come.

    Attributes
    ----------
    state, trouble
        How it is now, as in `GET /status`.
    has_pictures
        Whether its pictures come, or came when the volunteer passed.
    framed_by
        Who found right what it sees.
    alert_id, alerted_at, latency_ms
        The alert about the volunteer, when it was captured (RFC 3339, UTC), and how long it took
        from there to the stream; `is_in_time` tells whether that was soon enough.
    shown_to
        The engagement officer who is going, or has decided.
    lack
        What it lacks first; null if it has passed.
    """

    camera_id: str
    state: str
    trouble: str | None
    has_pictures: bool
    framed_by: str | None
    alert_id: str | None
    alerted_at: str | None
    latency_ms: float | None
    is_in_time: bool
    shown_to: str | None
    lack: Lack | None

    @classmethod
    def of(cls, passage: Passage, lack: Lack | None) -> Self:
        """Return it of a camera."""
        camera, alert = passage.camera, passage.alert
        return cls(
            camera_id=camera.camera_id,
            state=camera.state,
            trouble=camera.trouble,
            has_pictures=passage.has_pictures,
            framed_by=passage.framed_by,
            alert_id=alert and alert.alert_id,
            alerted_at=alert and alert.captured.isoformat(),
            latency_ms=alert and alert.latency_ms(),
            is_in_time=passage.is_in_time,
            shown_to=passage.shown_to,
            lack=lack,
        )


class DeletionView(BaseModel):
    """What became of all that it took.

    Attributes
    ----------
    alerts, erased, receipted
        Rehearsals since it began, up to their erasure; of these, erased; of these, with a
        receipt.
    as_of
        When the latest receipt of frames was made (RFC 3339, UTC).
    oldest_ms
        How old the oldest frame of the last ten minutes became.
    is_confirmed
        Whether all of it is erased and receipts say so.
    """

    alerts: int
    erased: int
    receipted: int
    as_of: str | None
    oldest_ms: int | None
    is_confirmed: bool


class WalkView(BaseModel):
    """How the latest walk-through of a deployment stands.

    Attributes
    ----------
    status
        Of the deployment.
    volunteers
        How many it searches for.
    begun_at, begun_by
        Null before the first.
    arrives_within_ms
        From the capture to the stream: what is later isn't in time.
    """

    deployment_id: str
    status: str
    volunteers: int
    begun_at: str | None
    begun_by: str | None
    is_over: bool
    arrives_within_ms: float
    cameras: list[PassageView]
    deletion: DeletionView


class WalkEndpoints:
    """How supervisors conduct walk-throughs."""

    def __init__(self, walks: WalkDesk, reach: Reach) -> None:
        self._walks = walks
        self._reach = reach

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        every = "/deployments/{deployment_id}/walk-through"
        camera = f"{every}/cameras/{{camera_id}}"
        return [
            Endpoint(every, self.show, CONDUCTS),
            Endpoint(every, self.begin, CONDUCTS, "POST", takes=JsonBody(Agreed)),
            Endpoint(camera, self.frame, CONDUCTS, "PUT", takes=JsonBody(Framed)),
            Endpoint(f"{every}/erasure", self.erase, CONDUCTS, "POST"),
            Endpoint(f"{every}/conclusion", self.conclude, CONDUCTS, "POST"),
        ]

    async def show(self, request: Request) -> Response:
        """Answer with how the latest walk-through of a deployment stands."""
        return await self._told(request, self._walks.progress)

    async def begin(self, request: Request) -> Response:
        """Begin one; what is kept of volunteers from before is erased."""
        await read_model(request, Agreed)
        return await self._told(request, self._walks.begin)

    async def frame(self, request: Request) -> Response:
        """Keep that what a camera sees is right."""
        await read_model(request, Framed)
        camera_id = request.path_params["camera_id"]
        return await self._told(request, lambda name: self._walks.frame(name, camera_id))

    async def erase(self, request: Request) -> Response:
        """Erase the alerts about volunteers."""
        return await self._told(request, self._walks.erase)

    async def conclude(self, request: Request) -> Response:
        """End it as it stands, and record which cameras have passed."""
        return await self._told(request, self._walks.conclude)

    async def _told(self, request: Request, act: Callable[[str], Awaitable[Progress]]) -> Response:
        deployment_id = request.path_params["deployment_id"]
        self._reach.require(principal_of(request), deployment_id, "deployment")
        return JSONResponse(_view(await act(deployment_id)).model_dump(mode="json"))


def _view(stands: Progress) -> WalkView:
    walk, deletion, lacks = stands.walk, stands.deletion, stands.lacks()
    as_of_ms = deletion.as_of_ms
    return WalkView(
        deployment_id=stands.deployment_id,
        status=stands.status,
        volunteers=stands.volunteers,
        begun_at=walk and utc(walk.begun_us / 1e6),
        begun_by=walk and walk.by,
        is_over=walk is not None and walk.is_over,
        arrives_within_ms=stands.within_ms,
        cameras=[PassageView.of(each, lacks[each.camera.camera_id]) for each in stands.passages],
        deletion=DeletionView(
            alerts=deletion.alerts,
            erased=deletion.erased,
            receipted=deletion.receipted,
            as_of=None if as_of_ms is None else utc(as_of_ms / 1_000),
            oldest_ms=deletion.oldest_ms,
            is_confirmed=deletion.is_confirmed,
        ),
    )
