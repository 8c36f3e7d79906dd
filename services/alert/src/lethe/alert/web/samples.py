"""Dip samples over HTTP: subjects that were drawn by chance, and how people found them."""

from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.audit import of_watchlists
from lethe.alert.audit.ports import Audit
from lethe.alert.identity.access import CHECKS_WATCHLISTS, READS_WATCHLISTS
from lethe.alert.watchlists.sample import Sample
from lethe.alert.watchlists.sampling import SampleDesk
from lethe.alert.web.asked import JsonBody
from lethe.alert.web.bodies import read_model
from lethe.alert.web.gate import Endpoint, principal_of
from lethe.alert.web.versions import required_version

MOST_DRAWN = 1_000


class Finding(StrEnum):
    """How somebody found a subject."""

    PASSED = "passed"
    FAILED = "failed"


class SampleSize(BaseModel):
    """How many a sample is to have."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    size: int = Field(ge=1, le=MOST_DRAWN, strict=True)


class Found(BaseModel):
    """How somebody found a subject."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    result: Finding


class MemberView(BaseModel):
    """A subject that was drawn, or found wrong; without a result nobody has checked it.

    Attributes
    ----------
    drawn_by, drawn_at
        None of one that was found wrong before, and isn't drawn of what there is now.
    """

    subject_id: str
    drawn_by: str | None = None
    drawn_at: str | None = None
    result: Finding | None = None
    checked_by: str | None = None
    checked_at: str | None = None


class SampleView(BaseModel):
    """The sample of what a watchlist holds now.

    Attributes
    ----------
    subjects
        How many can be drawn.
    earlier
        How many samples were drawn of what it held before.
    """

    watchlist_id: str
    content_hash: str
    subjects: int
    drawn: int
    passed: int
    failed: int
    unchecked: int
    earlier: int
    members: list[MemberView]


class SampleEndpoints:
    """How people check a watchlist by a sample."""

    def __init__(self, samples: SampleDesk, audit: Audit) -> None:
        self._samples = samples
        self._audit = audit

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        every = "/watchlists/{watchlist_id}/sample"
        size, found = JsonBody(SampleSize), JsonBody(Found)
        return [
            Endpoint(every, self.show, READS_WATCHLISTS, is_audited=True),
            Endpoint(every, self.draw, CHECKS_WATCHLISTS, "POST", takes=size, is_audited=True),
            Endpoint(
                f"{every}/{{subject_id}}",
                self.check,
                CHECKS_WATCHLISTS,
                "PUT",
                takes=found,
                is_versioned=True,
            ),
        ]

    async def show(self, request: Request) -> Response:
        """Answer with the sample of what a watchlist holds now, without details of subjects."""
        sample = await self._samples.find(request.path_params["watchlist_id"])
        await self._read(sample, {each.subject_id for each in _members(sample)})
        return _told(sample)

    async def draw(self, request: Request) -> Response:
        """Draw subjects by chance until the sample has so many; those that are drawn stay."""
        size = (await read_model(request, SampleSize)).size
        by, watchlist_id = principal_of(request).subject, request.path_params["watchlist_id"]
        before = _members(await self._samples.find(watchlist_id))
        sample = await self._samples.draw(watchlist_id, size, by)
        # Of whoever is drawn now that is told.
        await self._read(sample, {each.subject_id for each in before})
        return _told(sample)

    async def check(self, request: Request) -> Response:
        """Keep how somebody found a subject of the sample; If-Match names what they read of it."""
        revision = required_version(request)
        has_passed = (await read_model(request, Found)).result is Finding.PASSED
        by, path = principal_of(request).subject, request.path_params
        sample = await self._samples.check(
            path["watchlist_id"], path["subject_id"], by, revision, has_passed=has_passed
        )
        return _told(sample)

    async def _read(self, sample: Sample, subject_ids: Collection[str]) -> None:
        deeds = of_watchlists.sample_shown(sample.watchlist_id, sorted(subject_ids))
        await self._audit.append(*deeds)


def _told(sample: Sample) -> Response:
    view = SampleView(
        watchlist_id=sample.watchlist_id,
        content_hash=sample.content_hash,
        subjects=sample.subjects,
        drawn=len(sample.drawn),
        passed=sample.passed,
        failed=sample.failed,
        unchecked=sample.unchecked,
        earlier=sample.earlier,
        members=_members(sample),
    )
    return JSONResponse(view.model_dump(mode="json"))


def _members(sample: Sample) -> list[MemberView]:
    members = {
        each.subject_id: MemberView(
            subject_id=each.subject_id,
            drawn_by=each.drawn_by,
            drawn_at=_moment(each.drawn_wall_us),
        )
        for each in sample.drawn
    }
    for subject_id, check in sample.checks.items():
        if subject_id not in members and check.has_passed:
            continue
        member = members.setdefault(subject_id, MemberView(subject_id=subject_id))
        member.result = Finding.PASSED if check.has_passed else Finding.FAILED
        member.checked_by, member.checked_at = check.checked_by, _moment(check.checked_wall_us)
    return list(members.values())


def _moment(wall_us: int) -> str:
    return datetime.fromtimestamp(wall_us / 1e6, UTC).isoformat()
