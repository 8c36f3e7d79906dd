"""Reading request bodies: bounded, and never by way of a temporary file."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
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
MAX_FORM_BYTES = 16 * 1024 * 1024
"""All parts of a form together: it is held in memory."""
READ_WITHIN_S = 120.0
"""Sixteen megabytes come in two minutes over one megabit a second."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form of JSON and files.

    Attributes
    ----------
    files
        By the names of their parts.
    """

    content: Mapping[str, object] = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)


class _MemoryParser(MultiPartParser):
    # The parser spools larger files to disk, in the clear. An image of a face mustn't get there.
    spool_max_size = MAX_FORM_BYTES + MAX_JSON_BYTES


async def read_json(request: Request) -> dict[str, object]:
    """Return the JSON object in a body.

    Raises
    ------
    HTTPException
        413 when it is too large, 415 when it isn't declared as JSON, 400 when it is no object,
        408 when it takes too long.
    """
    # A form of another site can send JSON, but not under this type without asking us first.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "send JSON as application/json")
    async with _in_time(), aclosing(_limited(request, MAX_JSON_BYTES)) as chunks:
        return _json_object(b"".join([chunk async for chunk in chunks]))


async def read_model(request: Request, model: type[_Model]) -> _Model:
    """Return the JSON object in a body as a model.

    Raises
    ------
    HTTPException
        As `read_json`; 400 if it doesn't fit the model, with the fields but not their content.
    """
    return fitting(await read_json(request), model)


def fitting(content: Mapping[str, object], model: type[_Model]) -> _Model:
    """Return a JSON object as a model.

    Raises
    ------
    HTTPException
        400 if it doesn't fit, with the fields but not their content.
    """
    try:
        return model.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise HTTPException(400, faults_of(error)) from None


def faults_of(error: ValidationError) -> str:
    """Say which fields don't fit and why, without repeating what they hold."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    told = {".".join(str(part) for part in fault["loc"]): fault["msg"] for fault in faults}
    return "; ".join(f"{field}: {why}" if field else why for field, why in told.items())


async def read_form(request: Request, name: str, most_files: int) -> Form:
    """Return a multipart form of one part with JSON and of files.

    Parameters
    ----------
    name
        Of the part with a JSON object.

    Raises
    ------
    HTTPException
        413 when it is too large, 415 when it is no multipart form, 400 when it is malformed, 408
        when it takes too long.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise HTTPException(415, "send a form as multipart/form-data")
    try:
        async with _in_time(), aclosing(_limited(request, MAX_FORM_BYTES)) as chunks:
            parser = _MemoryParser(
                request.headers,
                chunks,
                # The JSON may be a file as well: some clients send it so.
                max_files=most_files + 1,
                max_fields=1,
                max_part_size=MAX_JSON_BYTES,
            )
            form = await parser.parse()
    except MultiPartException as fault:
        raise HTTPException(400, fault.message) from None
    try:
        parts = {
            key: await part.read() if isinstance(part, UploadFile) else part.encode()
            for key, part in form.multi_items()
        }
    finally:
        await form.close()
    if name not in parts:
        raise HTTPException(400, f"the form needs a part named {name}, with JSON")
    return Form(_json_object(parts.pop(name)), parts)


def _json_object(body: bytes) -> dict[str, object]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is no JSON") from None
    if not isinstance(content, dict):
        raise HTTPException(400, "the body must be a JSON object")
    return content


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """Bound how long a body may come: who falls silent leaves no images here."""
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            yield
    except TimeoutError:
        raise HTTPException(408, f"the body didn't come within {READ_WITHIN_S:g} s") from None


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
