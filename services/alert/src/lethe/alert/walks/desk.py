"""Walk-throughs from their beginning to their conclusion, told in the audit log step by step."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from lethe.alert.alerts import Alert
from lethe.alert.audit import of_walks
from lethe.alert.audit.of_deployments import record_of
from lethe.alert.audit.ports import AuditLog
from lethe.alert.errors import Conflict, NotFound
from lethe.alert.figures import Figures
from lethe.alert.ports import CameraStatus, DeploymentStatus, StatusSource
from lethe.alert.walks.story import WHYS, latest
from lethe.alert.walks.walk import (
    ARRIVES_WITHIN_MS,
    OLDEST_MS,
    Deletion,
    Passage,
    Progress,
    Rehearsals,
    Rehearsed,
    Walk,
)
from lethe.contracts.instants import Instant

_RUNNING = "running"


class WalkDesk:
    """Conducts walk-throughs in one term of leadership; each step is seen in what alert has itself.

    Parameters
    ----------
    erase_due
        Erases the alerts whose retention has ended; see `AlertDesk.erase_due`.
    volunteers
        Tells the volunteers of a watchlist.
    withdrawn
        Tells the subjects for whom a deployment searches no longer.
    figures
        Tells what receipts say of a deployment's last minutes.
    now
        The clock of this machine.
    arrives_within_ms
        From the capture to the stream: what is later isn't in time.
    """

    def __init__(
        self,
        rehearsals: Rehearsals,
        erase_due: Callable[[Instant], Awaitable[int]],
        source: StatusSource,
        volunteers: Callable[[str], Collection[str]],
        withdrawn: Callable[[str], Collection[str]],
        audit: AuditLog,
        figures: Callable[[str], Figures],
        now: Callable[[], Instant],
        *,
        arrives_within_ms: float = ARRIVES_WITHIN_MS,
    ) -> None:
        self._rehearsals = rehearsals
        self._erase_due = erase_due
        self._source = source
        self._volunteers = volunteers
        self._withdrawn = withdrawn
        self._audit = audit
        self._figures = figures
        self._now = now
        self._within_ms = arrives_within_ms
        # As the audit log told it; read anew after each step.
        self._walks: dict[str, Walk | None] = {}
        self._turn = asyncio.Lock()

    async def progress(self, deployment_id: str) -> Progress:
        """Return how the latest walk-through of a deployment stands.

        Raises
        ------
        NotFound
            If no order of this name was heard.
        Transient
            If the database can't be read.
        """
        stands, cameras = await self._stands(deployment_id)
        walk = await self._latest(deployment_id)
        rehearsed = [] if walk is None else await self._since(deployment_id, walk)
        return Progress(
            deployment_id=deployment_id,
            status="suspended" if stands.suspended else stands.status,
            volunteers=len(
                set(self._volunteers(stands.watchlist_id)) - set(self._withdrawn(deployment_id))
            ),
            walk=walk,
            passages=[self._passage(each, walk, rehearsed) for each in cameras],
            deletion=self._deletion(deployment_id, walk, rehearsed),
            within_ms=self._within_ms,
        )

    async def begin(self, deployment_id: str) -> Progress:
        """Begin one, the volunteer having agreed; alerts about volunteers from before are erased.

        Raises
        ------
        NotFound
            If no order of this name was heard.
        Conflict
            If it isn't running, searches for no volunteer, or one is under way.
        Transient
            If that can't be done or told now.
        """
        async with self._turn:
            stands = await self.progress(deployment_id)
            if stands.status != _RUNNING:
                raise Conflict(
                    f"{deployment_id} is {stands.status}: a walk-through needs it running, since "
                    "nothing is captured otherwise"
                )
            if not stands.volunteers:
                raise Conflict(
                    "it searches for no volunteer: before the order is drafted, list one in the "
                    "category 'walk-through volunteer'"
                )
            if stands.walk is not None and not stands.walk.is_over:
                raise Conflict(f"one is under way, begun by {stands.walk.by}: conclude that first")
            await self._erase(deployment_id)
            await self._audit.append(of_walks.began(deployment_id))
            return await self._anew(deployment_id)

    async def frame(self, deployment_id: str, camera_id: str) -> Progress:
        """Keep that somebody found right what a camera sees; raises as `erase`, and `NotFound`."""
        async with self._turn:
            stands = await self._under_way(deployment_id)
            if camera_id not in (each.camera.camera_id for each in stands.passages):
                raise NotFound("its order names no such camera")
            await self._audit.append(of_walks.framed(deployment_id, camera_id))
            return await self._anew(deployment_id)

    async def erase(self, deployment_id: str) -> Progress:
        """Erase what is kept of volunteers.

        Raises
        ------
        NotFound
            If no order of this name was heard.
        Conflict
            If none is under way.
        Transient
            If that can't be done now.
        """
        async with self._turn:
            await self._under_way(deployment_id)
            await self._erase(deployment_id)
            return await self._anew(deployment_id)

    async def conclude(self, deployment_id: str) -> Progress:
        """End one as it stands, each camera by what it lacks; raises as `erase`.

        What wasn't erased before is erased now, and isn't part of what was confirmed.
        """
        async with self._turn:
            stands = await self._under_way(deployment_id)
            if not stands.passages:
                raise Conflict("the deployment is over: no camera can pass any more")
            await self._audit.append(*of_walks.concluded(deployment_id, stands.lacks()))
            await self._erase(deployment_id)
            return await self._anew(deployment_id)

    async def _under_way(self, deployment_id: str) -> Progress:
        stands = await self.progress(deployment_id)
        if stands.walk is None or stands.walk.is_over:
            raise Conflict("no walk-through is under way: begin one")
        return stands

    async def _erase(self, deployment_id: str) -> None:
        now = self._now()
        await self._rehearsals.end(deployment_id, now.wall_us)
        await self._erase_due(now)

    async def _anew(self, deployment_id: str) -> Progress:
        self._walks.pop(deployment_id, None)
        return await self.progress(deployment_id)

    async def _latest(self, deployment_id: str) -> Walk | None:
        if deployment_id not in self._walks:
            entries = await self._audit.about(record_of(deployment_id), WHYS)
            self._walks[deployment_id] = latest(each.said() for each in entries)
        return self._walks[deployment_id]

    async def _since(self, deployment_id: str, walk: Walk) -> list[Rehearsed]:
        return await self._rehearsals.since(deployment_id, walk.begun_us)

    async def _stands(self, deployment_id: str) -> tuple[DeploymentStatus, list[CameraStatus]]:
        status = await self._source.status()
        for each in status.deployments:
            if each.deployment_id == deployment_id:
                return each, [c for c in status.cameras if c.deployment_id == deployment_id]
        raise NotFound("no order of this name was heard here")

    def _deletion(
        self, deployment_id: str, walk: Walk | None, rehearsed: Sequence[Rehearsed]
    ) -> Deletion:
        wall_us, figures = self._now().wall_us, self._figures(deployment_id)
        if walk is not None and walk.erased_us is not None:
            # What is told of after that, on its way before or not, is erased with the conclusion.
            upto_us = walk.erased_us
            rehearsed = [e for e in rehearsed if e.was_told_by(upto_us)]
        erased = sum(each.alert.as_of(wall_us).erased for each in rehearsed)
        receipted = sum(each.is_receipted for each in rehearsed)
        oldest_ms = None if figures.erasure_age is None else figures.erasure_age.max
        since_us = max((each.alert.last_sighting_wall_us for each in rehearsed), default=0)
        if walk is not None:
            since_us = max(since_us, walk.begun_us)
        is_told = figures.as_of_ms is not None and figures.as_of_ms * 1_000 > since_us
        is_young = oldest_ms is not None and oldest_ms <= OLDEST_MS
        return Deletion(
            alerts=len(rehearsed),
            erased=erased,
            receipted=receipted,
            as_of_ms=figures.as_of_ms,
            oldest_ms=oldest_ms,
            is_confirmed=receipted == len(rehearsed) and is_told and is_young,
        )

    def _passage(
        self, camera: CameraStatus, walk: Walk | None, rehearsed: Sequence[Rehearsed]
    ) -> Passage:
        """Return how far a camera has come, by the alert that has come furthest."""
        framed_by = None if walk is None else walk.framed.get(camera.camera_id)

        def passage(alert: Alert | None) -> Passage:
            return Passage(camera, framed_by, alert, self._within_ms)

        alerts = [each.alert for each in rehearsed if each.alert.camera_id == camera.camera_id]
        passages = [passage(alert) for alert in alerts if not alert.is_false]
        return max(
            passages,
            key=lambda each: (each.is_in_time, each.shown_to is not None),
            default=passage(None),
        )
