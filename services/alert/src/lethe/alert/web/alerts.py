"""The alert log and its pictures over HTTP."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.alerts import Alert
from lethe.alert.audit import of_alerts
from lethe.alert.audit.ports import Audit
from lethe.alert.drafting import MOST_FURTHER
from lethe.alert.errors import NotFound
from lethe.alert.hub import AlertHub
from lethe.alert.identity.access import SEES_ALERTS
from lethe.alert.identity.reach import Reach
from lethe.alert.raising import AlertDesk
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.image_kinds import media_type
from lethe.alert.web.asked import Choice, WholeNumber
from lethe.alert.web.gate import Endpoint, principal_of
from lethe.alert.web.versions import answer_with
from lethe.alert.web.views import AlertedSubject, AlertViews
from lethe.contracts.errors import Erased

_AFTER = WholeNumber("after", default=0, low=0, high=2**62)
_BEFORE = WholeNumber("before", default=0, low=0, high=2**62)
_OPEN = Choice("open")
_LIMIT = WholeNumber("limit", default=100, low=0, high=1_000)
_PLACE = WholeNumber("place", default=1, low=1, high=1 + MOST_FURTHER)


class AlertEndpoints:
    """What officers read of alerts, each of those within their limits."""

    def __init__(
        self,
        desk: AlertDesk,
        hub: AlertHub,
        watchlists: WatchlistBook,
        views: AlertViews,
        reach: Reach,
        audit: Audit,
    ) -> None:
        self._desk = desk
        self._hub = hub
        self._watchlists = watchlists
        self._views = views
        self._reach = reach
        self._audit = audit

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        listing = (_AFTER, _BEFORE, _OPEN, _LIMIT)
        return [
            Endpoint("/alerts", self.listed, SEES_ALERTS, query=listing, is_audited=True),
            Endpoint("/alerts/{alert_id}", self.show, SEES_ALERTS, is_audited=True),
            Endpoint("/alerts/{alert_id}/probe", self.probe, SEES_ALERTS, is_audited=True),
            Endpoint("/alerts/{alert_id}/figure", self.figure, SEES_ALERTS, is_audited=True),
            Endpoint(
                "/alerts/{alert_id}/reference",
                self.reference,
                SEES_ALERTS,
                query=(_PLACE,),
                is_audited=True,
            ),
            Endpoint("/alerts/{alert_id}/subject", self.subject, SEES_ALERTS, is_audited=True),
        ]

    async def listed(self, request: Request) -> Response:
        """Answer with alerts after a sequence, or the last before one, and the newest sequence."""
        after, before, limit = (each.read(request) for each in (_AFTER, _BEFORE, _LIMIT))
        if after and before:
            raise HTTPException(400, "send after or before, not both")
        open_only = _OPEN.read(request)
        if open_only and not before:
            raise HTTPException(400, "send open with before only")
        seen = self._reach.deployments(principal_of(request))
        alerts: list[Alert] = []
        if limit and before:
            alerts = await self._desk.before(before, limit, seen, open_only=open_only)
        elif limit:
            alerts = await self._desk.after(after, limit, seen)
        await self._audit.append(*of_alerts.listed(alerts))
        return JSONResponse(
            {
                "alerts": [self._views.answered(alert) for alert in alerts],
                "last_sequence": self._hub.last_sequence,
            }
        )

    async def show(self, request: Request) -> Response:
        """Answer with one alert, and its version as ETag."""
        alert = await self._seen(request)
        await self._audit.append(*of_alerts.listed([alert]))
        return answer_with(alert, self._views)

    async def probe(self, request: Request) -> Response:
        """Answer with the face from the camera."""
        alert = await self._open(request)
        picture = await self._desk.probe_of(alert)
        await self._audit.append(of_alerts.probe_seen(alert))
        return _image(picture)

    async def figure(self, request: Request) -> Response:
        """Answer with the upper body from the camera: a face alone finds nobody in a crowd."""
        alert = await self._open(request)
        picture = await self._desk.figure_of(alert)
        await self._audit.append(of_alerts.probe_seen(alert))
        return _image(picture)

    async def reference(self, request: Request) -> Response:
        """Answer with a watchlist image that the face was compared with, the closest by default."""
        place = _PLACE.read(request)
        alert = await self._open(request)
        if place > len(alert.reference_ids):
            raise NotFound("there is no such image of the alert's subject")
        reference_id = alert.reference_ids[place - 1]
        payload = await self._watchlists.payload(reference_id)
        await self._audit.append(of_alerts.reference_seen(alert, reference_id))
        return _image(payload.image)

    async def subject(self, request: Request) -> Response:
        """Answer with who the best candidate is, and what an officer is to do."""
        alert = await self._open(request)
        found = await self._watchlists.subjects.find(alert.watchlist_id, alert.subject_id)
        await self._audit.append(of_alerts.subject_seen(alert))
        return JSONResponse(AlertedSubject.of(found.details).model_dump(mode="json"))

    async def _open(self, request: Request) -> Alert:
        """Return an alert whose face may still be looked at, by whoever may."""
        alert = await self._seen(request)
        if alert.is_closed:
            raise Erased("this alert is erased")
        return alert

    async def _seen(self, request: Request) -> Alert:
        alert = await self._desk.find(request.path_params["alert_id"])
        self._reach.require(principal_of(request), alert.deployment_id, "alert")
        return alert


def _image(content: bytes) -> Response:
    return Response(content, media_type=media_type(content))
