"""The API's description says what the endpoints declare."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Mount
from tests.support.alert_web import AlertWeb, alert_web

from lethe.alert.web.gate import Endpoint


@pytest.fixture(name="web")
async def web_(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path) as web:
        yield web


@pytest.fixture(name="document")
async def document_(web: AlertWeb) -> dict[str, Any]:
    async with web.client() as client:
        del client.headers["Authorization"]
        answer = await client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


def values(content: Any, key: str) -> Iterator[Any]:
    """Give every value under a key, however deep."""
    if isinstance(content, dict):
        if key in content:
            yield content[key]
        content = list(content.values())
    for each in content if isinstance(content, list) else []:
        yield from values(each, key)


async def test_every_endpoint_is_described_with_its_roles(
    web: AlertWeb, document: dict[str, Any]
) -> None:
    [api] = [route for route in web.routes() if getattr(route, "path", "") == "/api/v1"]
    assert isinstance(api, Mount)
    declared = {
        (route.path, method.lower()): sorted(route.access.roles)
        for route in api.routes
        if isinstance(route, Endpoint)
        for method in set(route.methods or ()) - {"HEAD"}
    }
    told = {
        (path, method): operation["x-roles"]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert told == declared
    for operation in (
        each for operations in document["paths"].values() for each in operations.values()
    ):
        assert bool(operation["security"]) == bool(operation["x-roles"])
        assert operation["summary"].endswith(".")


async def test_what_it_refers_to_is_there_and_every_schema_is_one(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]
    assert {f"#/components/schemas/{name}" for name in schemas} >= set(values(document, "$ref"))
    for schema in [*schemas.values(), *values(document["paths"], "schema")]:
        Draft202012Validator.check_schema(schema)
    names = list(values(document["paths"], "operationId"))
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("path", "holds", "fails"),
    [
        ("/session", {"code": "c"}, {"code": 7}),
        ("/watchlists", {"watchlist_id": "list-1"}, {"watchlist_id": "../list"}),
        (
            "/alerts/{alert_id}/adjudications",
            {"verdict": "true_alert", "confirmed": False},
            {"verdict": "match", "confirmed": False},
        ),
    ],
)
async def test_a_body_is_described_as_it_is_taken(
    document: dict[str, Any], path: str, holds: dict[str, Any], fails: dict[str, Any]
) -> None:
    content = document["paths"][path]["post"]["requestBody"]["content"]
    validator = Draft202012Validator(document | content["application/json"]["schema"])
    assert validator.is_valid(holds)
    assert not validator.is_valid(fails)


async def test_what_the_address_may_hold_is_described_with_its_bounds(
    document: dict[str, Any],
) -> None:
    told = {
        each["name"]: each["schema"] for each in document["paths"]["/alerts"]["get"]["parameters"]
    }
    assert told["limit"] == {"type": "integer", "default": 100, "minimum": 0, "maximum": 1_000}
    assert set(told) == {"after", "before", "limit", "open"}
