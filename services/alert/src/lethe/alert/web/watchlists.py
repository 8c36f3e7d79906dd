"""Watchlists over HTTP: versions and what they are for."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from pydantic import BaseModel, Field, Strict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.audit import of_watchlists
from lethe.alert.audit.ports import Audit
from lethe.alert.identity.access import KEEPS_WATCHLISTS, READS_WATCHLISTS
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.reference import ReferenceState
from lethe.alert.watchlists.version import ListDetails, Version
from lethe.alert.web.asked import JsonBody, WholeNumber, Word
from lethe.alert.web.bodies import read_model
from lethe.alert.web.gate import Endpoint
from lethe.alert.web.versions import required_version, tagged

WATCHLIST_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
_AFTER = Word("after", WATCHLIST_ID)
_LIMIT = WholeNumber("limit", default=100, low=1, high=1_000)

Erase = Callable[[str], Awaitable[None]]


class NewWatchlist(ListDetails):
    """A watchlist to be made."""

    watchlist_id: Annotated[str, Strict()] = Field(pattern=WATCHLIST_ID)

    def details(self) -> ListDetails:
        """Return what it is called and for."""
        return ListDetails(name=self.name, purpose=self.purpose, categories=self.categories)


class WatchlistView(BaseModel):
    """A version of a watchlist; without name, purpose and categories once it is erased."""

    watchlist_id: str
    list_id: str
    number: int
    revision: int
    ordered_hash: str | None
    erased: bool
    name: str | None = None
    purpose: str | None = None
    categories: list[str] | None = None


class WatchlistCounts(BaseModel):
    """How far the enrolment of a watchlist has come, and the hashes that an order names then.

    Attributes
    ----------
    reviews_due
        How many subjects somebody should have looked at again by today (UTC).
    """

    subjects: int
    reviews_due: int
    references: dict[ReferenceState, int]
    settled: bool
    content_hash: str | None
    details_hash: str | None


class WatchlistEndpoints:
    """How a watchlist is made, described and erased."""

    def __init__(self, watchlists: WatchlistBook, erase: Erase, audit: Audit) -> None:
        self._watchlists = watchlists
        self._erase = erase
        self._audit = audit

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        one = "/watchlists/{watchlist_id}"
        return [
            Endpoint(
                "/watchlists", self.page, READS_WATCHLISTS, query=(_AFTER, _LIMIT), is_audited=True
            ),
            Endpoint(
                "/watchlists",
                self.register,
                KEEPS_WATCHLISTS,
                "POST",
                takes=JsonBody(NewWatchlist),
                gives=HTTPStatus.CREATED,
            ),
            Endpoint(one, self.show, READS_WATCHLISTS, is_audited=True),
            Endpoint(
                one,
                self.edit,
                KEEPS_WATCHLISTS,
                "PUT",
                takes=JsonBody(ListDetails),
                is_versioned=True,
            ),
            Endpoint(one, self.erase, KEEPS_WATCHLISTS, "DELETE", gives=HTTPStatus.NO_CONTENT),
        ]

    async def page(self, request: Request) -> Response:
        """Answer with watchlists in the order of their ids, behind one."""
        limit = _LIMIT.read(request)
        found = await self._watchlists.versions.after(_AFTER.read(request), limit)
        await self._audit.append(*of_watchlists.shown([each.watchlist_id for each in found]))
        last = found[-1].watchlist_id if len(found) == limit else None
        return JSONResponse({"watchlists": [_version_json(each) for each in found], "next": last})

    async def register(self, request: Request) -> Response:
        """Register a watchlist: 201 when it is new, 200 when it was there."""
        body = await read_model(request, NewWatchlist)
        new = await self._watchlists.versions.register(body.watchlist_id, body.details())
        version = await self._watchlists.versions.find(body.watchlist_id)
        status = HTTPStatus.CREATED if new else HTTPStatus.OK
        return tagged(_version_json(version), version.revision, status)

    async def show(self, request: Request) -> Response:
        """Answer with a watchlist, how many subjects and references it has, and its hash."""
        version = await self._watchlists.versions.find(request.path_params["watchlist_id"])
        counted = await self._counted(version.watchlist_id)
        await self._audit.append(*of_watchlists.shown([version.watchlist_id]))
        return tagged(_version_json(version) | counted.model_dump(mode="json"), version.revision)

    async def edit(self, request: Request) -> Response:
        """Describe a watchlist differently; If-Match names what was read."""
        revision = required_version(request)
        details = await read_model(request, ListDetails)
        watchlist_id = request.path_params["watchlist_id"]
        version = await self._watchlists.versions.edit(watchlist_id, details, revision)
        return tagged(_version_json(version), version.revision)

    async def erase(self, request: Request) -> Response:
        """Erase a watchlist at once, with its subjects and images, unless one searches it."""
        await self._erase(request.path_params["watchlist_id"])
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def _counted(self, watchlist_id: str) -> WatchlistCounts:
        counts = await self._watchlists.counts(watchlist_id)
        settled = counts[ReferenceState.SUBMITTED] == 0
        content = await self._watchlists.content_hash(watchlist_id) if settled else None
        details = await self._watchlists.details_hash(watchlist_id) if settled else None
        return WatchlistCounts(
            subjects=await self._watchlists.subjects.count(watchlist_id),
            reviews_due=self._watchlists.subjects.reviews.due(watchlist_id),
            references=dict(counts),
            settled=settled,
            content_hash=content,
            details_hash=details,
        )


def _version_json(version: Version) -> dict[str, object]:
    described = version.details.model_dump(mode="json") if version.details else {}
    known = asdict(version) | described | {"erased": version.details is None}
    return WatchlistView.model_validate(known).model_dump(mode="json", exclude_unset=True)
