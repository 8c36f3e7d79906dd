"""Watchlists over HTTP."""

from http import HTTPStatus
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.identity.access import KEEPS_WATCHLISTS, READS_WATCHLISTS
from lethe.alert.ports import Enroller
from lethe.alert.reference import Reference, ReferenceState
from lethe.alert.watchlists import WatchlistBook
from lethe.alert.web.asked import ImageBody, JsonBody
from lethe.alert.web.bodies import read_image_form, read_json
from lethe.alert.web.gate import Endpoint

_WATCHLIST_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
_TEXTS = ("subject_id", "name")
_MAX_TEXT = 200


class NewWatchlist(BaseModel):
    """The name of a watchlist."""

    model_config = ConfigDict(hide_input_in_errors=True)

    watchlist_id: Annotated[str, Strict()] = Field(pattern=_WATCHLIST_ID)


class WatchlistEndpoints:
    """How a watchlist is filled and looked after."""

    def __init__(self, watchlists: WatchlistBook, enroller: Enroller) -> None:
        self._watchlists = watchlists
        self._enroller = enroller

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Endpoint(
                "/watchlists",
                self.register,
                KEEPS_WATCHLISTS,
                "POST",
                takes=JsonBody(NewWatchlist),
                gives=HTTPStatus.CREATED,
            ),
            Endpoint("/watchlists/{watchlist_id}", self.show, READS_WATCHLISTS),
            Endpoint(
                "/watchlists/{watchlist_id}/references",
                self.add,
                KEEPS_WATCHLISTS,
                "POST",
                takes=ImageBody(_TEXTS, _MAX_TEXT),
                gives=HTTPStatus.ACCEPTED,
            ),
            Endpoint(
                "/watchlists/{watchlist_id}/references/{reference_id}",
                self.remove,
                KEEPS_WATCHLISTS,
                "DELETE",
                gives=HTTPStatus.NO_CONTENT,
            ),
        ]

    async def register(self, request: Request) -> Response:
        """Register a watchlist: 201 when it is new, 200 when it was there."""
        try:
            watchlist_id = NewWatchlist.model_validate(await read_json(request)).watchlist_id
        except ValidationError:
            raise HTTPException(
                400, "watchlist_id must be 1 to 100 letters, digits, dots, hyphens, underscores"
            ) from None
        new = await self._watchlists.register(watchlist_id)
        status = HTTPStatus.CREATED if new else HTTPStatus.OK
        return JSONResponse({"watchlist_id": watchlist_id}, status)

    async def add(self, request: Request) -> Response:
        """Take an image of a subject and send it to be enrolled."""
        form = await read_image_form(request)
        reference = await self._watchlists.add(
            request.path_params["watchlist_id"],
            _text(form.texts, "subject_id"),
            _text(form.texts, "name"),
            form.image,
        )
        if reference.state is ReferenceState.SUBMITTED:
            await self._enroller.submit(await self._watchlists.payload(reference.reference_id))
        return JSONResponse({"reference_id": reference.reference_id}, HTTPStatus.ACCEPTED)

    async def show(self, request: Request) -> Response:
        """Answer with the references and whether all of them are settled."""
        references = await self._watchlists.references(request.path_params["watchlist_id"])
        return JSONResponse(
            {
                "references": [_reference_json(reference) for reference in references],
                "settled": all(r.state is not ReferenceState.SUBMITTED for r in references),
            }
        )

    async def remove(self, request: Request) -> Response:
        """Remove a rejected reference."""
        await self._watchlists.remove(
            request.path_params["watchlist_id"], request.path_params["reference_id"]
        )
        return Response(status_code=HTTPStatus.NO_CONTENT)


def _text(texts: dict[str, str], name: str) -> str:
    text = texts.get(name, "").strip()
    if not 0 < len(text) <= _MAX_TEXT or not text.isprintable():
        raise HTTPException(400, f"{name} must be 1 to {_MAX_TEXT} printable characters")
    return text


def _reference_json(reference: Reference) -> dict[str, object]:
    return {
        "reference_id": reference.reference_id,
        "subject_id": reference.subject_id,
        "name": reference.name,
        "state": reference.state.value,
        "fault": reference.fault,
        "resembles": reference.resembles,
    }
