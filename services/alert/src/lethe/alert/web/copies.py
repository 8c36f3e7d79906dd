"""Copies of watchlists over HTTP: a new version, some subjects with each request."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, Strict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.identity.access import KEEPS_WATCHLISTS
from lethe.alert.watchlists.copying import Copied, CopyDesk
from lethe.alert.web.asked import JsonBody
from lethe.alert.web.bodies import read_model
from lethe.alert.web.gate import Endpoint
from lethe.alert.web.problems import problem_of
from lethe.alert.web.watchlists import WATCHLIST_ID

AT_ONCE = 16
"""Subjects of one request: their images are opened and sealed again meanwhile."""


MOST_WITHOUT = 1_000
_Id = Annotated[str, Strict(), Field(max_length=200)]


class NewCopy(BaseModel):
    """A version to be made of another.

    Attributes
    ----------
    after
        The `next` of the answer before; 0 to begin.
    without
        Subjects of the old version that aren't wanted on the new one.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    watchlist_id: Annotated[str, Strict()] = Field(pattern=WATCHLIST_ID)
    after: int = Field(default=0, ge=0, lt=2**62, strict=True)
    without: frozenset[_Id] = Field(default=frozenset(), max_length=MOST_WITHOUT)


class CopyEndpoints:
    """How a new version of a watchlist is made of an old one."""

    def __init__(self, copies: CopyDesk) -> None:
        self._copies = copies

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        path = "/watchlists/{watchlist_id}/versions"
        return [Endpoint(path, self.copy, KEEPS_WATCHLISTS, "POST", takes=JsonBody(NewCopy))]

    async def copy(self, request: Request) -> Response:
        """Copy some subjects with their images to a new version; `next` says where to go on."""
        wanted = await read_model(request, NewCopy)
        source_id = request.path_params["watchlist_id"]
        copied = await self._copies.copy(
            source_id, wanted.watchlist_id, wanted.after, AT_ONCE, wanted.without
        )
        return JSONResponse(_copied_json(copied))


def _copied_json(copied: Copied) -> dict[str, object]:
    version = copied.version
    return {
        "watchlist_id": version.watchlist_id,
        "list_id": version.list_id,
        "number": version.number,
        "subjects": copied.subjects,
        "images": copied.images,
        "left_out": [
            {"subject_id": subject_id, "problem": problem_of(fault)}
            for subject_id, fault in copied.left_out
        ],
        "next": copied.following,
    }
