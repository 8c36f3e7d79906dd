"""How every deployment does, in figures, over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.alert_tally import AlertTally
from lethe.alert.camera_states import LIVE
from lethe.alert.figures import WINDOW_MS, ErasureAges, Figures
from lethe.alert.identity.access import FIGURES
from lethe.alert.identity.reach import Reach
from lethe.alert.ports import Status, StatusSource
from lethe.alert.web.gate import Endpoint, principal_of
from lethe.alert.web.views import utc
from lethe.contracts.instants import Instant

_KEPT_US = 1_000_000
"""Alerts are counted over the whole log: once for all who ask at the same time."""


class DeploymentFigures(BaseModel):
    """A deployment in figures. Ages are in milliseconds; frames are those of the window.

    Attributes
    ----------
    as_of
        When the latest of the receipts that it is from was made (RFC 3339, UTC).
    faces_per_minute
        Estimated from the latest count of a minute; null while there is none.
    erasure_age_ms
        Over slots, each by the oldest of its frames: so is its median.
    alerts
        Of all its alerts: open, true, false, and those whose end came before a decision.
    """

    deployment_id: str
    as_of: str | None
    faces_per_minute: int | None
    slots: int
    captured: int
    dropped: int
    expired: int
    erasure_age_ms: ErasureAges | None
    alerts: AlertTally
    cameras: int
    cameras_live: int


class FiguresView(BaseModel):
    """The figures of the deployments that somebody may see; `window_s` is that of frames."""

    window_s: int
    deployments: list[DeploymentFigures]


class FigureEndpoints:
    """Figures from receipts, from the alert log and from what is heard of cameras.

    Parameters
    ----------
    figures
        Tells what receipts say of a deployment.
    tallies
        Counts alerts by deployment.
    """

    def __init__(
        self,
        figures: Callable[[str], Figures],
        tallies: Callable[[], Awaitable[Mapping[str, AlertTally]]],
        source: StatusSource,
        reach: Reach,
        now: Callable[[], Instant],
    ) -> None:
        self._figures = figures
        self._tallies = tallies
        self._source = source
        self._reach = reach
        self._now = now
        self._counted: tuple[Instant, Mapping[str, AlertTally]] | None = None
        self._turn = asyncio.Lock()

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [Endpoint("/figures", self.show, FIGURES)]

    async def show(self, request: Request) -> Response:
        """Answer with faces, alerts, erasure ages, expired frames and cameras by deployment."""
        principal, status = principal_of(request), await self._source.status()
        tallies = await self._counts()
        told = FiguresView(
            window_s=WINDOW_MS // 1_000,
            deployments=[
                self._of(each.deployment_id, status, tallies)
                for each in status.deployments
                if self._reach.sees(principal, each.deployment_id)
            ],
        )
        return JSONResponse(told.model_dump(mode="json"))

    def _of(
        self, deployment_id: str, status: Status, tallies: Mapping[str, AlertTally]
    ) -> DeploymentFigures:
        said = asdict(self._figures(deployment_id))
        as_of_ms, ages = said.pop("as_of_ms"), said.pop("erasure_age")
        cameras = [each for each in status.cameras if each.deployment_id == deployment_id]
        return DeploymentFigures(
            deployment_id=deployment_id,
            as_of=None if as_of_ms is None else utc(as_of_ms / 1_000),
            erasure_age_ms=ages,
            alerts=tallies.get(deployment_id, AlertTally()),
            cameras=len(cameras),
            cameras_live=sum(each.state == LIVE for each in cameras),
            **said,
        )

    async def _counts(self) -> Mapping[str, AlertTally]:
        async with self._turn:
            now = self._now()
            if self._counted is None or now.since_us(self._counted[0]) > _KEPT_US:
                self._counted = now, await self._tallies()
            return self._counted[1]
