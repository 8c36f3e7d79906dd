"""Subjects of watchlists over HTTP."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.audit import of_watchlists
from lethe.alert.audit.ports import Audit
from lethe.alert.identity.access import KEEPS_WATCHLISTS, READS_WATCHLISTS
from lethe.alert.watchlists.subject import Subject, SubjectDetails
from lethe.alert.watchlists.subject_desk import SubjectDesk
from lethe.alert.web.asked import JsonBody, WholeNumber
from lethe.alert.web.bodies import read_model
from lethe.alert.web.gate import Endpoint
from lethe.alert.web.versions import required_version, tagged

_AFTER = WholeNumber("after", default=0, low=0, high=2**62)
_LIMIT = WholeNumber("limit", default=100, low=1, high=1_000)


class SubjectEndpoints:
    """Who is on a watchlist, and why."""

    def __init__(self, subjects: SubjectDesk, audit: Audit) -> None:
        self._subjects = subjects
        self._audit = audit

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        every = "/watchlists/{watchlist_id}/subjects"
        one = f"{every}/{{subject_id}}"
        body = JsonBody(SubjectDetails)
        return [
            Endpoint(every, self.page, READS_WATCHLISTS, query=(_AFTER, _LIMIT), is_audited=True),
            Endpoint(one, self.show, READS_WATCHLISTS, is_audited=True),
            Endpoint(one, self.edit, KEEPS_WATCHLISTS, "PUT", takes=body, is_versioned=True),
            Endpoint(one, self.remove, KEEPS_WATCHLISTS, "DELETE", gives=HTTPStatus.NO_CONTENT),
        ]

    async def page(self, request: Request) -> Response:
        """Answer with subjects behind a place, in their order."""
        limit = _LIMIT.read(request)
        found = await self._subjects.after(_list(request), _AFTER.read(request), limit)
        await self._audit.append(*of_watchlists.subjects_shown(found))
        last = found[-1].place if len(found) == limit else None
        return JSONResponse({"subjects": [_subject_json(each) for each in found], "next": last})

    async def show(self, request: Request) -> Response:
        """Answer with a subject."""
        subject = await self._subjects.find(_list(request), request.path_params["subject_id"])
        await self._audit.append(*of_watchlists.subjects_shown([subject]))
        return tagged(_subject_json(subject), subject.revision)

    async def edit(self, request: Request) -> Response:
        """Change a subject's details; If-Match names what was read."""
        revision = required_version(request)
        details = await read_model(request, SubjectDetails)
        subject_id = request.path_params["subject_id"]
        subject = await self._subjects.edit(_list(request), subject_id, details, revision)
        return tagged(_subject_json(subject), subject.revision)

    async def remove(self, request: Request) -> Response:
        """Remove a subject of whom no image is enrolled."""
        await self._subjects.remove(_list(request), request.path_params["subject_id"])
        return Response(status_code=HTTPStatus.NO_CONTENT)


def _list(request: Request) -> str:
    watchlist_id: str = request.path_params["watchlist_id"]
    return watchlist_id


def _subject_json(subject: Subject) -> dict[str, object]:
    known = {
        "subject_id": subject.subject_id,
        "place": subject.place,
        "revision": subject.revision,
    }
    return known | subject.details.model_dump(mode="json")
