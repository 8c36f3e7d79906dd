"""Entries of watchlists over HTTP: subjects with their images, several at once."""

import json
from collections.abc import Mapping
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationError,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.identity.access import KEEPS_WATCHLISTS
from lethe.alert.ports import Enroller
from lethe.alert.watchlists.entry import Entered, Entry
from lethe.alert.watchlists.entry_desk import EntryDesk
from lethe.alert.watchlists.image_kinds import require_image
from lethe.alert.watchlists.reference import Reference, ReferenceState
from lethe.alert.watchlists.subject import SubjectDetails
from lethe.alert.web.asked import FormBody
from lethe.alert.web.bodies import MAX_IMAGE_BYTES, faults_of, fitting, read_form
from lethe.alert.web.gate import Endpoint
from lethe.alert.web.problems import problem_of
from lethe.alert.web.references import reference_json
from lethe.contracts.errors import InvalidInput, LetheError

MOST_ENTRIES = 64
MOST_IMAGES = 64
"""In one request, of all entries together."""

_PART = "entries"
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _DescribedAsDetails:
    """Has OpenAPI tell what an object is checked for when it has been read."""

    def __get_pydantic_json_schema__(
        self, _read_as: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(SubjectDetails.__pydantic_core_schema__)


class NewEntry(BaseModel):
    """Somebody to be listed, by details, or somebody who is, by id; and images of theirs.

    Attributes
    ----------
    details
        Looked at for each entry by itself: what is wrong with one holds up no other.
    images
        The names of the parts of the form that hold them.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    subject_id: _Name | None = None
    details: Annotated[dict[str, object], _DescribedAsDetails()] | None = None
    images: tuple[_Name, ...] = Field(default=(), max_length=MOST_IMAGES)


class NewEntries(BaseModel):
    """Entries of one watchlist."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    entries: tuple[NewEntry, ...] = Field(min_length=1, max_length=MOST_ENTRIES)


class EntryEndpoints:
    """How subjects and their images come onto a watchlist."""

    def __init__(self, entries: EntryDesk, enroller: Enroller) -> None:
        self._entries = entries
        self._enroller = enroller

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        path = "/watchlists/{watchlist_id}/entries"
        body = FormBody(_PART, NewEntries)
        return [Endpoint(path, self.enter, KEEPS_WATCHLISTS, "POST", takes=body)]

    async def enter(self, request: Request) -> Response:
        """List subjects and send their images to be enrolled; tell of each what became of it."""
        form = await read_form(request, _PART, MOST_IMAGES)
        new = fitting(form.content, NewEntries).entries
        entered = await self._entries.enter(
            request.path_params["watchlist_id"], [_entry(each, form.files) for each in new]
        )
        for one in entered:
            for image in one.images:
                if isinstance(image, Reference) and image.state is ReferenceState.SUBMITTED:
                    self._enroller.submit(image.reference_id)
        return JSONResponse({"entries": [_entered_json(each) for each in entered]})


def _entry(new: NewEntry, files: Mapping[str, bytes]) -> Entry:
    return Entry(_who(new), [_image(name, files) for name in new.images])


def _who(new: NewEntry) -> SubjectDetails | str | LetheError:
    if (new.details is None) == (new.subject_id is None):
        return InvalidInput("an entry has either details, or the subject_id of who is listed")
    if new.details is None:
        return new.subject_id or ""
    try:
        return SubjectDetails.model_validate_json(json.dumps(new.details))
    except ValidationError as error:
        return InvalidInput(faults_of(error))


def _image(name: str, files: Mapping[str, bytes]) -> bytes | LetheError:
    image = files.get(name)
    if image is None:
        return InvalidInput("the form has no part of this name")
    try:
        require_image(image)
    except InvalidInput as fault:
        return fault
    if len(image) > MAX_IMAGE_BYTES:
        return InvalidInput(f"the image is larger than {MAX_IMAGE_BYTES // 1024 // 1024} MB")
    return image


def _entered_json(entered: Entered) -> dict[str, object]:
    if entered.fault is not None:
        return {"problem": problem_of(entered.fault)}
    images = [
        reference_json(each) if isinstance(each, Reference) else {"problem": problem_of(each)}
        for each in entered.images
    ]
    return {"subject_id": entered.subject_id, "is_new": entered.is_new, "images": images}
