"""Deployment orders and the state of the system over HTTP."""

import functools
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from http import HTTPStatus

from pydantic import Base64Bytes, BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.audit import of_deployments
from lethe.alert.audit.ports import Audit
from lethe.alert.hub import AlertHub
from lethe.alert.identity.access import ORDERS, SIGNED_IN, STOPS
from lethe.alert.identity.principal import Principal
from lethe.alert.identity.reach import Reach, is_within
from lethe.alert.ports import Deployments, SignedState, Status, StatusSource
from lethe.alert.raising import AlertDesk
from lethe.alert.web.asked import JsonBody, WholeNumber, Word
from lethe.alert.web.bodies import read_json
from lethe.alert.web.gate import Endpoint, principal_of
from lethe.alert.web.ordered import OrderedView
from lethe.contracts.cameras import CREDENTIALS_ERROR, CREDENTIALS_HINT
from lethe.contracts.errors import Refused
from lethe.contracts.orders import CameraAssigned, DeploymentOrder, DeploymentOrdered
from lethe.contracts.receipts import ErasurePromise

_AFTER = Word("after", r"^.{1,200}$")
_LIMIT = WholeNumber("limit", 100, 1, 1_000)


class HandedIn(BaseModel):
    """A signed order with its state (a DeploymentOrdered in base64), and its cameras."""

    ordered: Base64Bytes
    cameras: list[CameraAssigned]


class AlertCounts(BaseModel):
    """How many alerts somebody may see, and what is on its way.

    Attributes
    ----------
    waiting
        Candidate lists that wait to become alerts; None while that isn't known.
    """

    count: int
    last_sequence: int
    waiting: int | None


class Consoles(BaseModel):
    """The consoles that hear of a deployment, by their own word.

    Attributes
    ----------
    connected
        How many there are.
    received
        The sequence up to which each of them has received the deployment's alerts; null where
        there is none.
    up_to_date
        How many of them have received all up to the newest alert, whichever deployment's that is.
        They say so some seconds after it.
    """

    deployment_id: str
    connected: int
    received: int | None
    up_to_date: int


class Traffic(BaseModel):
    """What the service has to do, and what is left of the keys that it destroys.

    Attributes
    ----------
    clients
        How many listen to alerts now.
    consoles
        Of each deployment that somebody may see, how many of them hear of it, and how far they are.
    key_promise
        What the key store says of an erasure.
    """

    alerts: AlertCounts
    clients: int
    consoles: list[Consoles]
    key_promise: ErasurePromise


def _fault(error: ValidationError) -> str:
    """Say what is wrong without repeating it: a camera's source may hold a secret by mistake."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    if any(fault["type"] == CREDENTIALS_ERROR for fault in faults):
        return CREDENTIALS_HINT
    for fault in faults:
        match fault["loc"]:
            case ("cameras", int(), str(field), *_) if field in CameraAssigned.model_fields:
                return f"a camera's {field} doesn't fit: {fault['msg']}"
            case _:
                continue
    return "the body must hold ordered (base64) and cameras (a list)"


class DeploymentEndpoints:
    """How an order comes in, and how the system is."""

    def __init__(
        self,
        deployments: Deployments,
        source: StatusSource,
        desk: AlertDesk,
        hub: AlertHub,
        backlog: Callable[[], Awaitable[int | None]],
        reach: Reach,
        audit: Audit,
        *,
        promise: ErasurePromise,
        settle: Callable[[str], Awaitable[None]],
    ) -> None:
        self._deployments = deployments
        self._source = source
        self._desk = desk
        self._hub = hub
        self._backlog = backlog
        self._reach = reach
        self._audit = audit
        self._promise = promise
        self._settle = settle

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Endpoint(
                "/deployments",
                self.order,
                ORDERS,
                "POST",
                takes=JsonBody(HandedIn),
                gives=HTTPStatus.ACCEPTED,
            ),
            Endpoint("/deployments", self.page, SIGNED_IN, query=(_AFTER, _LIMIT)),
            Endpoint("/deployments/{deployment_id}", self.deployment, SIGNED_IN, is_audited=True),
            Endpoint("/deployments/{deployment_id}/ordered", self.ordered, SIGNED_IN),
            Endpoint(
                "/deployments/{deployment_id}/end",
                self.end,
                STOPS,
                "POST",
                gives=HTTPStatus.NO_CONTENT,
            ),
            Endpoint("/status", self.status, SIGNED_IN),
        ]

    async def order(self, request: Request) -> Response:
        """Take `{"ordered": base64 of a DeploymentOrdered, "cameras": [CameraAssigned]}`."""
        try:
            body = HandedIn.model_validate(await read_json(request))
        except ValidationError as error:
            raise HTTPException(400, _fault(error)) from None
        ordered = DeploymentOrdered.decode(body.ordered)
        _require_within(principal_of(request), ordered)
        deployment_id = await self._deployments.order(ordered, body.cameras)
        await self._audit.append(of_deployments.handed_in(deployment_id))
        await self._settle(deployment_id)
        return JSONResponse({"deployment_id": deployment_id}, HTTPStatus.ACCEPTED)

    async def page(self, request: Request) -> Response:
        """Answer with how deployments stand, in the order of their ids, behind one."""
        after, limit = _AFTER.read(request), _LIMIT.read(request)
        stands = self._seen(await self._source.status(), principal_of(request)).deployments
        behind = [each for each in stands if each.deployment_id > after]
        found = sorted(behind, key=lambda each: each.deployment_id)[:limit]
        last = found[-1].deployment_id if len(found) < len(behind) else None
        return JSONResponse({"deployments": [asdict(each) for each in found], "next": last})

    async def deployment(self, request: Request) -> Response:
        """Answer with how a deployment stands, order and state (base64), and who is withdrawn."""
        found = self._found(request)
        signed = {
            "order": b64encode(found.signed.encode()).decode(),
            "state": b64encode(found.signed_state.encode()).decode(),
            "serial": found.serial,
            "withdrawn": list(found.withdrawn),
        }
        name = found.deployment.deployment_id
        await self._audit.append(*of_deployments.shown(name, found.withdrawn))
        return JSONResponse(asdict(found.deployment) | signed)

    async def ordered(self, request: Request) -> Response:
        """Answer with what a deployment was ordered for, and by whom."""
        order = DeploymentOrder.decode(self._found(request).signed.payload)
        return JSONResponse(OrderedView.of(order).model_dump(mode="json"))

    def _found(self, request: Request) -> SignedState:
        deployment_id = request.path_params["deployment_id"]
        found = self._source.deployment(deployment_id)
        if found is None or not self._reach.sees(principal_of(request), deployment_id):
            raise HTTPException(404, "no order of this name was heard here")
        return found

    async def end(self, request: Request) -> Response:
        """End a deployment at once, for good."""
        principal, deployment_id = principal_of(request), request.path_params["deployment_id"]
        if not self._reach.sees(principal, deployment_id):
            raise HTTPException(404, "no order of this name was heard here")
        if await self._deployments.end(deployment_id, principal.subject):
            await self._audit.append(of_deployments.ended(deployment_id))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def status(self, request: Request) -> Response:
        """Answer with deployments, cameras, alerts and whether the system is blind."""
        principal = principal_of(request)
        seen = self._seen(await self._source.status(), principal)
        alerts = AlertCounts(
            count=await self._desk.count(self._reach.deployments(principal)),
            last_sequence=self._hub.last_sequence,
            waiting=await self._backlog(),
        )
        traffic = Traffic(
            alerts=alerts,
            clients=self._hub.connections,
            consoles=[self._consoles(each.deployment_id) for each in seen.deployments],
            key_promise=self._promise,
        )
        return JSONResponse(asdict(seen) | traffic.model_dump(mode="json"))

    def _consoles(self, deployment_id: str) -> Consoles:
        reached = self._hub.deliveries.reached(
            lambda scope: self._reach.sees(scope, deployment_id), self._hub.last_sequence
        )
        return Consoles(deployment_id=deployment_id, **asdict(reached))

    def _seen(self, status: Status, principal: Principal) -> Status:
        sees = functools.partial(self._reach.sees, principal)
        return replace(
            status,
            deployments=tuple(each for each in status.deployments if sees(each.deployment_id)),
            cameras=tuple(each for each in status.cameras if sees(each.deployment_id)),
        )


def _require_within(principal: Principal, ordered: DeploymentOrdered) -> None:
    """Check that an order is within somebody's limits; whether it holds is checked elsewhere."""
    if not principal.is_limited:
        return
    order = DeploymentOrder.decode(ordered.order.payload)
    if not is_within(principal, order.deployment_id, lambda _: order.area):
        raise Refused("this order's deployment or area isn't within the limits of your token")
