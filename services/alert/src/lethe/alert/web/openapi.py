"""The API as OpenAPI 3.1, from what its endpoints declare."""

import inspect
import re
from collections.abc import Sequence
from http import HTTPStatus
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.identity.access import PUBLIC
from lethe.alert.web.asked import SCHEMAS, Schemas
from lethe.alert.web.gate import Endpoint

_PARAMETER = re.compile(r"{(\w+)}")
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and what to do."},
    },
}


_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    "description": "The ETag of what this is about; 412 if it isn't the present one.",
}


class OpenApiEndpoints:
    """Serves the description of the other endpoints, and of itself.

    Parameters
    ----------
    others
        Routes below `/api/v1`; those that aren't HTTP are left out.
    """

    def __init__(self, others: Sequence[BaseRoute]) -> None:
        self._document = describe([*others, *self.routes()])

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [Endpoint("/openapi.json", self.show, PUBLIC)]

    async def show(self, _request: Request) -> Response:
        """Answer with this description."""
        return JSONResponse(self._document)


def describe(routes: Sequence[BaseRoute]) -> dict[str, object]:
    """Return the OpenAPI document of some endpoints."""
    paths: dict[str, dict[str, object]] = {}
    schemas: Schemas = {"Problem": _PROBLEM}
    for route in routes:
        if isinstance(route, Endpoint):
            for method in sorted(set(route.methods or ()) - {"HEAD"}):
                paths.setdefault(route.path, {})[method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lethe alert", "version": version("lethe-alert")},
        "servers": [{"url": "/api/v1"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "lethe-session-PORT"},
            },
        },
    }


def _operation(route: Endpoint, schemas: Schemas) -> dict[str, object]:
    text = inspect.getdoc(route.endpoint) or ""
    operation: dict[str, object] = {
        "operationId": route.endpoint.__qualname__.replace("Endpoints.", "."),
        "summary": text.partition("\n")[0],
        "parameters": [
            *_in_path(route),
            *(each.described() for each in route.query),
            *([_IF_MATCH] if route.is_versioned else []),
        ],
        "responses": _answers(route),
        "security": [] if route.access.is_public else [{"bearer": []}, {"cookie": []}],
        "x-roles": sorted(route.access.roles),
    }
    if route.takes is not None:
        operation["requestBody"] = {"required": True, "content": route.takes.described(schemas)}
    return operation


def _in_path(route: Endpoint) -> list[dict[str, object]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]


def _answers(route: Endpoint) -> dict[str, object]:
    problem = {"application/problem+json": {"schema": {"$ref": f"{SCHEMAS}Problem"}}}
    told: dict[str, object] = {
        str(route.gives.value): {"description": route.gives.phrase},
        "default": {"description": "What went wrong.", "content": problem},
    }
    if route.may_have_nothing:
        told[str(HTTPStatus.NO_CONTENT.value)] = {"description": HTTPStatus.NO_CONTENT.phrase}
    if not route.access.is_public:
        for status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            told[str(status.value)] = {"description": status.phrase, "content": problem}
    return told
