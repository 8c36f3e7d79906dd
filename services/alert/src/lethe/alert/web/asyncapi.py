"""The alert stream as AsyncAPI 3.0, from the messages that it sends and takes."""

import inspect
from importlib.metadata import version

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.identity.access import PUBLIC, SEES_ALERTS
from lethe.alert.web.gate import Endpoint
from lethe.alert.web.messages import CLOSE_CODES, FROM_CLIENT, TO_CLIENT

_CHANNEL = "alertStream"
_SCHEMAS = "#/components/schemas/"
_TOLD = (
    "The client sends Begin first, and then Delivered when it likes. The server answers Hello, "
    "what the client missed, CaughtUp, and from then on what happens. Clients ignore messages "
    "whose type they don't know."
)
# Nothing of HTTP's: browsers send no header with a websocket, and an address is written to logs.
_SECURITY: dict[str, dict[str, str]] = {
    "token": {
        "type": "apiKey",
        "in": "password",
        "description": "A bearer token (JWT) as `token` of Begin, the first message.",
    },
    "cookie": {
        "type": "httpApiKey",
        "in": "cookie",
        "name": "lethe-session-PORT",
        "description": "The cookie of a page that is signed in.",
    },
}


class AsyncApiEndpoints:
    """Serves the description of the stream."""

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [Endpoint("/asyncapi.json", self.show, PUBLIC)]

    async def show(self, _request: Request) -> Response:
        """Answer with the description of the alert stream as AsyncAPI 3.0."""
        return JSONResponse(describe_stream())


def describe_stream() -> dict[str, object]:
    """Return the AsyncAPI document of the alert stream."""
    models = [*FROM_CLIENT, *TO_CLIENT]
    _, schemas = models_json_schema(
        [(model, "serialization") for model in models], ref_template=f"{_SCHEMAS}{{model}}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Lethe alert stream",
            "version": version("lethe-alert"),
            "description": _TOLD,
        },
        "defaultContentType": "application/json",
        "channels": {
            _CHANNEL: {
                "address": "/api/v1/alerts/stream",
                "messages": {model.__name__: _ref("messages", model) for model in models},
                "bindings": {"ws": {"method": "GET"}},
                "x-roles": sorted(SEES_ALERTS.roles),
                "x-close-codes": {str(code): told for code, told in CLOSE_CODES.items()},
            }
        },
        "operations": {
            "tell": _operation("send", "What the server tells.", TO_CLIENT),
            "hear": _operation("receive", "What a client says.", FROM_CLIENT),
        },
        "components": {
            "messages": {model.__name__: _message(model) for model in models},
            "schemas": schemas["$defs"],
            "securitySchemes": _SECURITY,
        },
    }


def _operation(
    action: str, summary: str, messages: tuple[type[BaseModel], ...]
) -> dict[str, object]:
    channel = f"#/channels/{_CHANNEL}"
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": channel},
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SECURITY],
        "messages": [{"$ref": f"{channel}/messages/{each.__name__}"} for each in messages],
    }


def _message(model: type[BaseModel]) -> dict[str, object]:
    summary = (inspect.getdoc(model) or "").partition("\n")[0]
    return {"name": model.__name__, "summary": summary, "payload": _ref("schemas", model)}


def _ref(kind: str, model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{model.__name__}"}
