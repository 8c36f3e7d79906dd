"""Erasing what a deployment searched, at once."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from lethe.alert.errors import NotFound
from lethe.alert.identity.access import KEEPS_WATCHLISTS
from lethe.alert.ports import StatusSource
from lethe.alert.web.gate import Endpoint
from lethe.alert.web.watchlists import Erase


class ErasureEndpoints:
    """The end of a deployment's life: nobody on its watchlist is kept any longer."""

    def __init__(self, source: StatusSource, erase: Erase) -> None:
        self._source = source
        self._erase = erase

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        path = "/deployments/{deployment_id}/erasure"
        gives = HTTPStatus.NO_CONTENT
        return [Endpoint(path, self.erase, KEEPS_WATCHLISTS, "POST", gives=gives)]

    async def erase(self, request: Request) -> Response:
        """Erase the watchlist of a deployment that is over, unless another is to search it."""
        found = self._source.deployment(request.path_params["deployment_id"])
        if found is None:
            raise NotFound("no order of this name was heard here")
        await self._erase(found.deployment.watchlist_id)
        return Response(status_code=HTTPStatus.NO_CONTENT)
