"""What officers do about alerts before they decide: see them, go, and leave it to another."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from lethe.alert.alerts import Alert
from lethe.alert.identity.access import CLAIMS, SEES_ALERTS
from lethe.alert.identity.reach import Reach
from lethe.alert.raising import AlertDesk
from lethe.alert.web.gate import Endpoint, principal_of
from lethe.alert.web.versions import answer_with, seen_version
from lethe.alert.web.views import AlertViews


class HandlingEndpoints:
    """Acknowledgements and claims, each of those within somebody's limits."""

    def __init__(self, desk: AlertDesk, views: AlertViews, reach: Reach) -> None:
        self._desk = desk
        self._views = views
        self._reach = reach

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        of_alert = "/alerts/{alert_id}"
        return [
            Endpoint(f"{of_alert}/acknowledgement", self.acknowledge, SEES_ALERTS, "POST"),
            Endpoint(f"{of_alert}/claim", self.claim, CLAIMS, "POST", is_versioned=True),
            Endpoint(f"{of_alert}/claim", self.release, CLAIMS, "DELETE", is_versioned=True),
        ]

    async def acknowledge(self, request: Request) -> Response:
        """Record that who is signed in has seen an alert; the first of all is kept."""
        alert, officer = await self._asked(request)
        seen = await self._desk.handling.acknowledge(alert.alert_id, officer)
        return answer_with(seen, self._views)

    async def claim(self, request: Request) -> Response:
        """Record that who is signed in is going; with If-Match also instead of another."""
        alert, officer = await self._asked(request)
        seen = seen_version(request)
        claimed = await self._desk.handling.claim(alert.alert_id, officer, seen)
        return answer_with(claimed, self._views)

    async def release(self, request: Request) -> Response:
        """Record that who is signed in isn't going any more, and leaves it to others."""
        alert, officer = await self._asked(request)
        seen = seen_version(request)
        released = await self._desk.handling.release(alert.alert_id, officer, seen)
        return answer_with(released, self._views)

    async def _asked(self, request: Request) -> tuple[Alert, str]:
        principal = principal_of(request)
        alert = await self._desk.find(request.path_params["alert_id"])
        self._reach.require(principal, alert.deployment_id, "alert")
        return alert, principal.label
