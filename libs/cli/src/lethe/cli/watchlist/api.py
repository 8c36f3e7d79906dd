"""The alert service's API, as far as watchlists go."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from lethe.cli.session.api import AlertApi, Declined
from lethe.cli.watchlist.sample_state import SampleState

_PAGE = 1_000


class ReferenceState(BaseModel):
    """Where the enrolment of one image is."""

    model_config = ConfigDict(extra="ignore")

    reference_id: str
    subject_id: str
    image_sha256: str
    state: str
    fault: str | None = None
    resembles: str | None = None
    unfit_pack: str | None = None
    unfit_fault: str | None = None
    change: int


class RenewalState(BaseModel):
    """How far the images of a watchlist have come with the model pack in use."""

    model_config = ConfigDict(extra="ignore")

    pack: str | None
    images: int
    done: int
    left: int
    unfit: int


class Problem(BaseModel):
    """Why something wasn't taken."""

    model_config = ConfigDict(extra="ignore")

    detail: str


class LeftOut(BaseModel):
    """A subject that wasn't copied."""

    model_config = ConfigDict(extra="ignore")

    subject_id: str
    problem: Problem


class CopyState(BaseModel):
    """What became of some subjects that were copied."""

    model_config = ConfigDict(extra="ignore")

    subjects: int
    images: int
    left_out: list[LeftOut]
    next: int | None


class Unusable(BaseModel):
    """An image that wasn't taken."""

    model_config = ConfigDict(extra="ignore")

    problem: Problem


class EntryAnswer(BaseModel):
    """What became of an entry: of the whole of it where there is a problem, or of each image."""

    model_config = ConfigDict(extra="ignore")

    subject_id: str = ""
    images: list[ReferenceState | Unusable] = []
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """Somebody to be listed, or the id of somebody who is, with images."""

    who: Mapping[str, object] | str = field(repr=False)
    images: Sequence[bytes] = field(repr=False)


class SubjectState(BaseModel):
    """A subject that is listed: its details are beside these, as the API tells them."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    subject_id: str
    revision: int
    reference_number: str

    def __repr__(self) -> str:
        """Return nothing of the details."""
        return f"SubjectState({self.subject_id})"

    def is_as(self, details: Mapping[str, object]) -> bool:
        """Tell whether these are its details, as far as they say."""
        known = self.model_dump()
        return all(known.get(name) == value for name, value in details.items())


class WatchlistApi:
    """A client of one watchlist version; calls raise as those of `AlertApi`."""

    def __init__(self, api: AlertApi, watchlist_id: str) -> None:
        self._api = api
        self._path = f"/api/v1/watchlists/{quote(watchlist_id, safe='')}"
        self.watchlist_id = watchlist_id

    async def register(self, **described: object) -> None:
        """Make the list, unless it is there."""
        content = {"watchlist_id": self.watchlist_id} | described
        await self._api.ask("POST", "/api/v1/watchlists", json=content)

    async def change(self, known: SubjectState, details: Mapping[str, object]) -> SubjectState:
        """Change the details of a subject as it was read.

        A change that isn't answered is sent again, and finds itself made.
        """
        path = f"{self._path}/subjects/{known.subject_id}"
        seen = f'"{known.revision}"'
        try:
            answer = await self._api.ask("PUT", path, json=details, also={"If-Match": seen})
        except Declined as refused:
            if refused.status != HTTPStatus.PRECONDITION_FAILED:
                raise
            now = SubjectState.model_validate(await self._api.ask("GET", path))
            if not now.is_as(details):
                raise
            return now
        return SubjectState.model_validate(answer)

    async def remove(self, subject_id: str) -> None:
        """Remove a subject of whom no image is enrolled, with those that were rejected.

        One who isn't there any more is removed.
        """
        try:
            await self._api.ask("DELETE", f"{self._path}/subjects/{subject_id}")
        except Declined as refused:
            if refused.status != HTTPStatus.NOT_FOUND:
                raise

    async def is_ordered(self) -> bool:
        """Tell whether an order names the version: nothing in it changes any more."""
        answer = await self._api.ask("GET", self._path)
        return answer["ordered_hash"] is not None

    async def erase(self) -> None:
        """Erase the version at once, with everybody on it."""
        await self._api.ask("DELETE", self._path)

    async def count(self) -> int:
        """Return how many subjects there are."""
        return int((await self._api.ask("GET", self._path))["subjects"])

    async def copy(self, watchlist_id: str, after: int, without: Sequence[str]) -> CopyState:
        """Copy some subjects behind a place to another version, without some."""
        content = {"watchlist_id": watchlist_id, "after": after, "without": list(without)}
        answer = await self._api.ask("POST", f"{self._path}/versions", json=content)
        return CopyState.model_validate(answer)

    async def renew(self) -> RenewalState:
        """Have everything enrolled with the model pack in use."""
        return RenewalState.model_validate(await self._api.ask("POST", f"{self._path}/enrolment"))

    async def renewal(self) -> RenewalState:
        """Return how far that has come."""
        return RenewalState.model_validate(await self._api.ask("GET", f"{self._path}/enrolment"))

    def image_path(self, reference_id: str) -> str:
        """Return where an image is, below alert's address."""
        return f"{self._path}/references/{reference_id}/image"

    async def sample(self) -> SampleState:
        """Return the sample of what the version holds."""
        return SampleState.model_validate(await self._api.ask("GET", f"{self._path}/sample"))

    async def draw(self, size: int) -> SampleState:
        """Draw subjects until the sample has so many."""
        answer = await self._api.ask("POST", f"{self._path}/sample", json={"size": size})
        return SampleState.model_validate(answer)

    async def check(self, subject_id: str, revision: int, result: str) -> SampleState:
        """Tell how somebody found a subject of the sample, as it was at a revision."""
        answer = await self._api.ask(
            "PUT",
            f"{self._path}/sample/{subject_id}",
            json={"result": result},
            also={"If-Match": f'"{revision}"'},
        )
        return SampleState.model_validate(answer)

    async def subject(self, subject_id: str) -> SubjectState:
        """Return the details of a subject."""
        answer = await self._api.ask("GET", f"{self._path}/subjects/{subject_id}")
        return SubjectState.model_validate(answer)

    async def subjects(self) -> AsyncIterator[SubjectState]:
        """Return every subject."""
        after: int | None = 0
        while after is not None:
            page = {"after": after, "limit": _PAGE}
            answer = await self._api.ask("GET", f"{self._path}/subjects", params=page)
            for each in answer["subjects"]:
                yield SubjectState.model_validate(each)
            after = answer["next"]

    async def enter(self, entries: Sequence[NewEntry]) -> list[EntryAnswer]:
        """List people with images, all at once; return what became of each, in their order.

        Whatever is listed already is answered for and not added again.
        """
        files: dict[str, bytes] = {}
        told: list[dict[str, object]] = []
        for entry in entries:
            names = [f"{len(files) + number}" for number in range(len(entry.images))]
            files |= dict(zip(names, entry.images, strict=True))
            who = (
                {"subject_id": entry.who} if isinstance(entry.who, str) else {"details": entry.who}
            )
            told.append(who | {"images": names})
        form = {"entries": (None, json.dumps({"entries": told}), "application/json")} | {
            name: (name, image, "application/octet-stream") for name, image in files.items()
        }
        answer = await self._api.ask("POST", f"{self._path}/entries", files=form)
        return [EntryAnswer.model_validate(each) for each in answer["entries"]]

    async def changes(self, after: int) -> Sequence[ReferenceState]:
        """Return the references that changed behind a change, in the order of their changes."""
        found: list[ReferenceState] = []
        following: int | None = after
        while following is not None:
            page = {"after": following, "limit": _PAGE}
            answer = await self._api.ask("GET", f"{self._path}/references", params=page)
            found += [ReferenceState.model_validate(each) for each in answer["references"]]
            following = answer["next"]
        return found
