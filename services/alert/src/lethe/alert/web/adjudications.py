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
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.alerts import Adjudication, Alert
from lethe.alert.identity.access import ADJUDICATES, CONFIRMS
from lethe.alert.identity.reach import Reach
from lethe.alert.raising import AlertDesk
from lethe.alert.watchlists import WatchlistBook
from lethe.alert.web.asked import JsonBody
from lethe.alert.web.bodies import read_json
from lethe.alert.web.gate import Endpoint, principal_of
from lethe.alert.web.rendering import alert_json
from lethe.contracts.adjudication import Outcome, Verdict
from lethe.contracts.instants import Instant

Adjudicate = Callable[[str, Adjudication], Awaitable[Alert]]

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
        watchlists: WatchlistBook,
        now: Callable[[], Instant],
        reach: Reach,
    ) -> None:
        self._adjudicate = adjudicate
        self._desk = desk
        self._watchlists = watchlists
        self._reach = reach
        self._now = now

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        path = "/alerts/{alert_id}/adjudications"
        return [Endpoint(path, self.adjudicate, ADJUDICATES, "POST", takes=JsonBody(Decision))]

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
        officer = principal.label
        decided = Adjudication(body.verdict, body.confirmed, body.outcome, officer, self._now())
        alert = await self._adjudicate(found.alert_id, decided)
        return JSONResponse(alert_json(alert, self._watchlists))
