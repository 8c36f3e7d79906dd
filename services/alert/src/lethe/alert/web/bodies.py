"""Reading request bodies: bounded, and never by way of a temporary file."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

_Model = TypeVar("_Model", bound=BaseModel)
MAX_IMAGE_BYTES = 7 * 1024 * 1024
"""With its seal an image must fit what the broker takes, 8 MB."""
MAX_JSON_BYTES = 1024 * 1024

# What a form needs beside its image: boundaries, headers, the text fields.
_FORM_ROOM_BYTES = 16 * 1024
_MAX_FIELD_BYTES = 4 * 1024


@dataclass(frozen=True, slots=True)
class ImageForm:
    """A form with one image and text fields."""

    image: bytes = field(repr=False)
    texts: dict[str, str] = field(repr=False)


class _MemoryParser(MultiPartParser):
    # The parser spools larger files to disk, in the clear. An image of a face mustn't get there.
    spool_max_size = MAX_IMAGE_BYTES + _FORM_ROOM_BYTES


async def read_json(request: Request) -> dict[str, object]:
    """Return the JSON object in a body.

    Raises
    ------
    HTTPException
        413 when it is too large, 415 when it isn't declared as JSON, 400 when it is no object.
    """
    # A form of another site can send JSON, but not under this type without asking us first.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "send JSON as application/json")
    async with aclosing(_limited(request, MAX_JSON_BYTES)) as chunks:
        body = b"".join([chunk async for chunk in chunks])
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is no JSON") from None
    if not isinstance(content, dict):
        raise HTTPException(400, "the body must be a JSON object")
    return content


async def read_model(request: Request, model: type[_Model]) -> _Model:
    """Return the JSON object in a body as a model.

    Raises
    ------
    HTTPException
        As `read_json`; 400 if it doesn't fit the model, with the fields but not their content.
    """
    content = await read_json(request)
    try:
        return model.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise HTTPException(400, faults_of(error)) from None


def faults_of(error: ValidationError) -> str:
    """Say which fields don't fit and why, without repeating what they hold."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    told = {".".join(str(part) for part in fault["loc"]): fault["msg"] for fault in faults}
    return "; ".join(f"{field}: {why}" if field else why for field, why in told.items())


async def read_image_form(request: Request) -> ImageForm:
    """Return the image and the text fields of a multipart form.

    Raises
    ------
    HTTPException
        413 when it is too large, 415 when it is no multipart form, 400 when it is malformed.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise HTTPException(415, "send a form as multipart/form-data")
    try:
        async with aclosing(_limited(request, MAX_IMAGE_BYTES + _FORM_ROOM_BYTES)) as chunks:
            parser = _MemoryParser(
                request.headers, chunks, max_files=1, max_fields=8, max_part_size=_MAX_FIELD_BYTES
            )
            form = await parser.parse()
    except MultiPartException as fault:
        raise HTTPException(400, fault.message) from None
    try:
        image = form.get("image")
        if not isinstance(image, UploadFile):
            raise HTTPException(400, "the form needs a file named image")
        content = await image.read()
        texts = {key: value for key, value in form.items() if isinstance(value, str)}
    finally:
        await form.close()
    if not content:
        raise HTTPException(400, "the image is empty")
    if len(content) > MAX_IMAGE_BYTES:
        raise _too_large(MAX_IMAGE_BYTES)
    return ImageForm(content, texts)


async def _limited(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > limit:
        raise _too_large(limit)
    received = 0
    async with aclosing(request.stream()) as chunks:
        async for chunk in chunks:
            received += len(chunk)
            if received > limit:
                raise _too_large(limit)
            yield chunk


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"the body is larger than {limit // (1024 * 1024)} MB")
