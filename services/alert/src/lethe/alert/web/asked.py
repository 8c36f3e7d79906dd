"""What a request may bring, in a form that is both read and described."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request

SCHEMAS = "#/components/schemas/"
Schemas = dict[str, object]


class Body(Protocol):
    """A request's body."""

    def described(self, schemas: Schemas) -> dict[str, object]:
        """Return its media types (OpenAPI's `content`); schemas it refers to are added."""
        ...


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A JSON object that fits a model."""

    model: type[BaseModel]

    def described(self, schemas: Schemas) -> dict[str, object]:
        """Return its media types; see `Body`."""
        return {"application/json": {"schema": _named(self.model, schemas)}}


@dataclass(frozen=True, slots=True)
class FormBody:
    """A form with a part of JSON that fits a model, and with files that this names."""

    name: str
    model: type[BaseModel]

    def described(self, schemas: Schemas) -> dict[str, object]:
        """Return its media types; see `Body`."""
        form = {
            "type": "object",
            "required": [self.name],
            "properties": {self.name: _named(self.model, schemas)},
            "additionalProperties": {
                "type": "string",
                "contentMediaType": "application/octet-stream",
            },
        }
        encoding = {self.name: {"contentType": "application/json"}}
        return {"multipart/form-data": {"schema": form, "encoding": encoding}}


def _named(model: type[BaseModel], schemas: Schemas) -> dict[str, object]:
    """Add a model to the schemas; return what refers to it."""
    schema = model.model_json_schema(ref_template=f"{SCHEMAS}{{model}}")
    schemas |= schema.pop("$defs", {})
    schemas[schema["title"]] = schema
    return {"$ref": f"{SCHEMAS}{schema['title']}"}


class Asked(Protocol):
    """Something in the query of an address."""

    def described(self) -> Mapping[str, object]:
        """Return it as a parameter of OpenAPI."""
        ...


@dataclass(frozen=True, slots=True)
class Word:
    """A word in the query of an address, empty where it is left out.

    Attributes
    ----------
    pattern
        What it has to fit.
    """

    name: str
    pattern: str

    def read(self, request: Request) -> str:
        """Return the word in a request.

        Raises
        ------
        HTTPException
            400 if it doesn't fit.
        """
        text = request.query_params.get(self.name, "")
        if text and not re.fullmatch(self.pattern, text):
            raise HTTPException(400, f"{self.name} must fit {self.pattern}")
        return text

    def described(self) -> Mapping[str, object]:
        """Return it as a parameter of OpenAPI."""
        schema = {"type": "string", "pattern": self.pattern}
        return {"name": self.name, "in": "query", "required": False, "schema": schema}


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """A whole number in the query of an address."""

    name: str
    default: int
    low: int
    high: int

    def read(self, request: Request) -> int:
        """Return the number in a request.

        Raises
        ------
        HTTPException
            400 if it isn't one, or is beyond its bounds.
        """
        text = request.query_params.get(self.name, str(self.default))
        try:
            value = int(text)
        except ValueError:
            value = self.low - 1
        if not self.low <= value <= self.high:
            detail = f"{self.name} must be a whole number from {self.low} to {self.high}"
            raise HTTPException(400, detail)
        return value

    def described(self) -> Mapping[str, object]:
        """Return it as a parameter of OpenAPI."""
        schema = {
            "type": "integer",
            "default": self.default,
            "minimum": self.low,
            "maximum": self.high,
        }
        return {"name": self.name, "in": "query", "required": False, "schema": schema}


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether something is wished for in the query of an address; not, where it is left out."""

    name: str

    def read(self, request: Request) -> bool:
        """Return what a request says.

        Raises
        ------
        HTTPException
            400 if it is neither `true` nor `false`.
        """
        text = request.query_params.get(self.name, "false")
        if text not in {"true", "false"}:
            raise HTTPException(400, f"{self.name} must be true or false")
        return text == "true"

    def described(self) -> Mapping[str, object]:
        """Return it as a parameter of OpenAPI."""
        schema = {"type": "boolean", "default": False}
        return {"name": self.name, "in": "query", "required": False, "schema": schema}
