"""Records of deployments over HTTP."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.errors import NotFound
from lethe.alert.identity.access import RECORDS
from lethe.alert.identity.reach import is_within
from lethe.alert.recording import Record, RecordDesk
from lethe.alert.web.gate import Endpoint, principal_of
from lethe.contracts.instants import rfc3339
from lethe.contracts.orders import order_hash


class RecordEndpoints:
    """What was done in a deployment."""

    def __init__(self, desk: RecordDesk) -> None:
        self._desk = desk

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [Endpoint("/deployments/{deployment_id}/record", self.show, RECORDS)]

    async def show(self, request: Request) -> Response:
        """Answer with what was ordered and done, from the order and from the logs."""
        deployment_id = request.path_params["deployment_id"]
        record = await self._desk.record(deployment_id)
        # By what was ordered: of what isn't heard any more nobody else knows the area.
        if not is_within(principal_of(request), deployment_id, lambda _: record.order.area):
            raise NotFound("no order of this name was heard here")
        return JSONResponse(_json(record))


def _json(record: Record) -> dict[str, object]:
    order, stands = record.order, record.found.deployment
    alerts, undecided = record.alerts, record.alerts.open + record.alerts.unresolved
    return {
        "deployment_id": order.deployment_id,
        "order_type": order.type.value,
        "order_hash": order_hash(record.found.signed.payload),
        "status": stands.status,
        "use_case": order.use_case,
        "grounds": order.grounds,
        "zone": order.zone,
        "area": order.area,
        "drafted_by": order.draft.signer if order.draft else None,
        "authorised_by": order.authorised_by,
        "starts_at": rfc3339(order.starts_at_us),
        "ends_at": rfc3339(order.ends_at_us),
        "cameras": order.camera_ids,
        "threshold": order.threshold,
        "watchlist": {
            "watchlist_id": order.watchlist_id,
            "content_hash": order.watchlist_hash,
            "subjects": order.watchlist_size,
            "categories": None if record.categories is None else dict(record.categories),
            "erased": record.is_erased,
        },
        "alerts": {
            "raised": alerts.true + alerts.false + undecided,
            "true": alerts.true,
            "false": alerts.false,
            "unadjudicated": undecided,
            "rehearsals": alerts.rehearsals,
        },
        "withdrawn": len(record.found.withdrawn),
        "withdrawn_elsewhere": record.found.withdrawn_elsewhere,
        "steps": [
            {
                "at": rfc3339(step.at_us),
                "what": step.what,
                "by": step.by,
                "subjects": step.subjects,
                "cameras": list(step.cameras),
            }
            for step in record.steps
        ],
    }
