"""Re-enrolment of watchlists over HTTP: with the model pack in use, of the images that are kept."""

from dataclasses import asdict
from http import HTTPStatus

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.identity.access import KEEPS_WATCHLISTS, READS_WATCHLISTS
from lethe.alert.watchlists.renewing import Renewal, RenewalDesk
from lethe.alert.web.gate import Endpoint


class RenewalView(BaseModel):
    """How far the images of a watchlist have come with the model pack in use.

    Attributes
    ----------
    pack
        Digest of the pack; null while no detect is there.
    done, left
        How many came to their end with it, and how many are still to come.
    unfit
        How many images of a watchlist that an order names can't be used with it: then it isn't
        searched.
    """

    watchlist_id: str
    pack: str | None
    images: int
    done: int
    left: int
    unfit: int


class RenewalEndpoints:
    """How a watchlist is enrolled with another model pack."""

    def __init__(self, renewals: RenewalDesk) -> None:
        self._renewals = renewals

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        path = "/watchlists/{watchlist_id}/enrolment"
        return [
            Endpoint(path, self.show, READS_WATCHLISTS),
            Endpoint(path, self.begin, KEEPS_WATCHLISTS, "POST", gives=HTTPStatus.ACCEPTED),
        ]

    async def show(self, request: Request) -> Response:
        """Answer with how far a watchlist has come with the model pack in use."""
        return _told(await self._renewals.find(request.path_params["watchlist_id"]))

    async def begin(self, request: Request) -> Response:
        """Enrol with the model pack in use whatever another one enrolled or rejected."""
        renewal = await self._renewals.begin(request.path_params["watchlist_id"])
        return _told(renewal, HTTPStatus.ACCEPTED)


def _told(renewal: Renewal, status: HTTPStatus = HTTPStatus.OK) -> Response:
    view = RenewalView(**asdict(renewal), left=renewal.left)
    return JSONResponse(view.model_dump(mode="json"), status)
