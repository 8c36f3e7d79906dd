"""Deployment orders and the state of the system over HTTP."""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from http import HTTPStatus

from pydantic import Base64Bytes, BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from lethe.alert.hub import AlertHub
from lethe.alert.ports import Deployments, StatusSource
from lethe.alert.raising import AlertDesk
from lethe.alert.web.bodies import read_json
from lethe.contracts.cameras import CREDENTIALS_ERROR, CREDENTIALS_HINT
from lethe.contracts.orders import CameraAssigned, DeploymentOrdered


class _OrderBody(BaseModel):
    ordered: Base64Bytes
    cameras: list[CameraAssigned]


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
    ) -> None:
        self._deployments = deployments
        self._source = source
        self._desk = desk
        self._hub = hub
        self._backlog = backlog

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/deployments", self.order, methods=["POST"]),
            Route("/deployments/{deployment_id}", self.deployment),
            Route("/status", self.status),
        ]

    async def order(self, request: Request) -> Response:
        """Take `{"ordered": base64 of a DeploymentOrdered, "cameras": [CameraAssigned]}`."""
        try:
            body = _OrderBody.model_validate(await read_json(request))
        except ValidationError as error:
            raise HTTPException(400, _fault(error)) from None
        ordered = DeploymentOrdered.decode(body.ordered)
        deployment_id = await self._deployments.order(ordered, body.cameras)
        return JSONResponse({"deployment_id": deployment_id}, HTTPStatus.ACCEPTED)

    async def deployment(self, request: Request) -> Response:
        """Answer with how a deployment stands, its signed order (base64) and the last serial."""
        found = self._source.deployment(request.path_params["deployment_id"])
        if found is None:
            raise HTTPException(404, "no order of this name was heard here")
        order = b64encode(found.signed.encode()).decode()
        return JSONResponse(asdict(found.deployment) | {"order": order, "serial": found.serial})

    async def status(self, _request: Request) -> Response:
        """Answer with deployments, cameras, alerts and whether the system is blind."""
        status = asdict(await self._source.status())
        alerts = {
            "count": await self._desk.count(),
            "last_sequence": self._hub.last_sequence,
            "waiting": await self._backlog(),
        }
        return JSONResponse(status | {"alerts": alerts, "clients": self._hub.connections})
