"""References of watchlists over HTTP: what becomes of the images of subjects."""

from http import HTTPStatus

from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.audit import of_watchlists
from lethe.alert.audit.ports import Audit
from lethe.alert.identity.access import KEEPS_WATCHLISTS, READS_WATCHLISTS
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.image_kinds import media_type
from lethe.alert.watchlists.reference import Reference, ReferenceState
from lethe.alert.web.asked import WholeNumber
from lethe.alert.web.gate import Endpoint

_AFTER = WholeNumber("after", default=0, low=0, high=2**62)
_LIMIT = WholeNumber("limit", default=100, low=1, high=1_000)


class ReferenceView(BaseModel):
    """An image of a subject and what became of it; one that was rejected or flagged has a fault."""

    model_config = ConfigDict(from_attributes=True)

    reference_id: str
    subject_id: str
    image_sha256: str
    state: ReferenceState
    fault: str | None
    resembles: str | None
    pack: str | None
    unfit_pack: str | None
    unfit_fault: str | None
    change: int


class ReferenceEndpoints:
    """What became of images of subjects, and the images themselves."""

    def __init__(self, watchlists: WatchlistBook, audit: Audit) -> None:
        self._watchlists = watchlists
        self._audit = audit

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        every = "/watchlists/{watchlist_id}/references"
        one = f"{every}/{{reference_id}}"
        return [
            Endpoint(
                every, self.changes, READS_WATCHLISTS, query=(_AFTER, _LIMIT), is_audited=True
            ),
            Endpoint(f"{one}/image", self.image, READS_WATCHLISTS, is_audited=True),
            Endpoint(one, self.remove, KEEPS_WATCHLISTS, "DELETE", gives=HTTPStatus.NO_CONTENT),
        ]

    async def changes(self, request: Request) -> Response:
        """Answer with references in the order of their last changes, behind one of these."""
        limit = _LIMIT.read(request)
        watchlist_id = request.path_params["watchlist_id"]
        found = await self._watchlists.after(watchlist_id, _AFTER.read(request), limit)
        await self._audit.append(*of_watchlists.images_listed(found))
        last = found[-1].change if len(found) == limit else None
        return JSONResponse({"references": [reference_json(each) for each in found], "next": last})

    async def image(self, request: Request) -> Response:
        """Answer with the image of a reference, as it came."""
        reference_id = request.path_params["reference_id"]
        payload = await self._watchlists.payload(reference_id)
        if payload.watchlist_id != request.path_params["watchlist_id"]:
            raise HTTPException(404, "there is no such reference")
        await self._audit.append(of_watchlists.image_shown(reference_id))
        return Response(payload.image, media_type=media_type(payload.image))

    async def remove(self, request: Request) -> Response:
        """Remove a rejected reference."""
        await self._watchlists.remove(
            request.path_params["watchlist_id"], request.path_params["reference_id"]
        )
        return Response(status_code=HTTPStatus.NO_CONTENT)


def reference_json(reference: Reference) -> dict[str, object]:
    """Return a reference as it is told."""
    return ReferenceView.model_validate(reference).model_dump(mode="json")
