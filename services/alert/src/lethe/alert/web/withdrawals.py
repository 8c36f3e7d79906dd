"""Withdrawals of subjects over HTTP."""

from pydantic import Base64Bytes, BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.identity.access import ORDERS
from lethe.alert.identity.reach import Reach
from lethe.alert.watchlists.withdrawing import WithdrawalDesk
from lethe.alert.web.asked import JsonBody
from lethe.alert.web.bodies import read_model
from lethe.alert.web.gate import Endpoint, principal_of
from lethe.contracts.sealed import SignedEnvelope


class HandedInState(BaseModel):
    """The next state of an order (a SignedEnvelope of an OrderState in base64)."""

    state: Base64Bytes = Field(repr=False)


class WithdrawalEndpoints:
    """How subjects leave a deployment that runs."""

    def __init__(self, desk: WithdrawalDesk, reach: Reach) -> None:
        self._desk = desk
        self._reach = reach

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Endpoint(
                "/deployments/{deployment_id}/withdrawals",
                self.withdraw,
                ORDERS,
                "POST",
                takes=JsonBody(HandedInState),
            )
        ]

    async def withdraw(self, request: Request) -> Response:
        """Take a state that withdraws subjects; answer with those whom it withdraws."""
        deployment_id = request.path_params["deployment_id"]
        self._reach.require(principal_of(request), deployment_id, "deployment")
        body = await read_model(request, HandedInState)
        state = SignedEnvelope.decode(body.state)
        withdrawal = await self._desk.withdraw(deployment_id, state)
        return JSONResponse({"withdrawn": list(withdrawal.subject_ids)})
