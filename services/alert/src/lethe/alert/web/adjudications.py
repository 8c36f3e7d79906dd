"""How an officer's adjudication comes in."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Strict,
    ValidationError,
    model_validator,
)
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from lethe.alert.alerts import Alert
from lethe.alert.identity.access import ADJUDICATES, CONFIRMS
from lethe.alert.identity.principal import Principal, Role
from lethe.alert.identity.reach import Reach
from lethe.alert.judgements import Adjudication
from lethe.alert.raising import AlertDesk
from lethe.alert.web.asked import JsonBody
from lethe.alert.web.bodies import read_json
from lethe.alert.web.gate import Endpoint, principal_of
from lethe.alert.web.versions import answer_with, seen_version
from lethe.alert.web.views import AlertViews
from lethe.contracts.adjudication import Capacity, Outcome, Verdict
from lethe.contracts.instants import Instant

Adjudicate = Callable[[str, Adjudication, int | None], Awaitable[Alert]]

_HINT = (
    "send verdict (true_alert or false_alert), confirmed (true after an engagement, else false) "
    "and, if known, outcome (arrest, other_disposal, no_action, or not_engaged, which can't be "
    "confirmed)"
)


class Decision(BaseModel):
    """What an officer decided about an alert."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    verdict: Verdict
    confirmed: Annotated[bool, Strict()]
    outcome: Outcome | None = None

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        if self.confirmed and self.outcome is Outcome.NOT_ENGAGED:
            raise ValueError("confirmed without an engagement")
        return self


class AdjudicationEndpoints:
    """What officers decide about alerts.

    Parameters
    ----------
    now
        The clock of this machine: a decision is dated here.
    """

    def __init__(
        self,
        adjudicate: Adjudicate,
        desk: AlertDesk,
        views: AlertViews,
        now: Callable[[], Instant],
        reach: Reach,
    ) -> None:
        self._adjudicate = adjudicate
        self._desk = desk
        self._views = views
        self._reach = reach
        self._now = now

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        path = "/alerts/{alert_id}/adjudications"
        takes = JsonBody(Decision)
        return [
            Endpoint(path, self.adjudicate, ADJUDICATES, "POST", takes=takes, is_versioned=True)
        ]

    async def adjudicate(self, request: Request) -> Response:
        """Take a decision of who is signed in; answer with the alert as it is afterwards."""
        principal = principal_of(request)
        try:
            body = Decision.model_validate(await read_json(request))
        except ValidationError:
            raise HTTPException(400, _HINT) from None
        if body.confirmed:
            CONFIRMS.require(principal)
        found = await self._desk.find(request.path_params["alert_id"])
        self._reach.require(principal, found.deployment_id, "alert")
        decided = self._adjudication(body, principal)
        alert = await self._adjudicate(found.alert_id, decided, seen_version(request))
        return answer_with(alert, self._views)

    def _adjudication(self, body: Decision, principal: Principal) -> Adjudication:
        return Adjudication(
            body.verdict,
            body.confirmed,
            body.outcome,
            principal.label,
            self._now(),
            _capacity(principal),
        )


def _capacity(principal: Principal) -> Capacity:
    """Return as what somebody decides: whoever isn't at the scene does as an operator."""
    if Role.ENGAGEMENT_OFFICER in principal.roles:
        return Capacity.ENGAGEMENT_OFFICER
    return Capacity.OPERATOR
