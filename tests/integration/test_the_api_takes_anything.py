"""What the OpenAPI document allows, and what it forbids: no endpoint of alert fails on it."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.routing import Mount
from tests.support.alert_web import BASE, PORT, AlertWeb, alert_web
from tests.support.page_desk import PORTRAIT, Desk
from tests.support.tokens import bearer
from tests.support.watchlists import pictured

from lethe.alert.web import cameras
from lethe.alert.web.gate import Endpoint
from lethe.alert.web.openapi import describe

_EXAMPLES = 5
_FITS = [status_code_conformance, content_type_conformance, response_schema_conformance]
"""What is answered is as the document says."""
_API = f"{BASE}/api/v1"


class Api:
    """The API over a real database, with something of everything in it.

    It has an event loop of its own: hypothesis calls functions, not coroutines.
    """

    def __init__(self, runner: asyncio.Runner, web: AlertWeb, names: dict[str, str]) -> None:
        self._runner = runner
        self._web = web
        self.names = names
        [api] = [e for e in web.routes() if isinstance(e, Mount) and e.path == "/api/v1"]
        routes = [each for each in api.routes if isinstance(each, Endpoint)]
        schema = schemathesis.openapi.from_dict(describe(routes))
        self.operations = [
            each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)
        ]
        assert len(self.operations) == len(routes)
        self._transport = httpx.ASGITransport(web.app())

    def send(self, case: schemathesis.Case[Any]) -> httpx.Response:
        """Send a request as somebody who may do everything; return the answer."""
        told = requests.Request(**case.as_transport_kwargs(base_url=_API)).prepare()
        assert told.method is not None
        assert told.url is not None
        assert isinstance(told.body, bytes | str | None)
        headers = httpx.Headers([(k, v) for k, v in told.headers.items() if isinstance(v, str)])
        headers.update(bearer(self._web.issuer.token()))
        request = httpx.Request(told.method, told.url, headers=headers, content=told.body)
        return self._runner.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        await answer.aread()
        answer.request, answer.elapsed = request, timedelta(0)
        return answer


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        # Nobody makes a view here.
        patch.setattr(cameras, "PATIENCE_S", 0.01)
        opened = alert_web(tmp_path_factory.mktemp("api"))
        web = runner.run(opened.__aenter__())
        try:
            yield Api(runner, web, runner.run(_filled(web)))
        finally:
            runner.run(opened.__aexit__(None, None, None))


async def _filled(web: AlertWeb) -> dict[str, str]:
    added = await pictured(web.watchlists, "Eileen Collins", PORTRAIT)
    alert = await Desk(web, added, PORT).alert("search")
    return {
        "alert_id": alert.alert_id,
        "watchlist_id": added.watchlist_id,
        "subject_id": added.subject_id,
        "reference_id": added.reference_id,
        "deployment_id": alert.deployment_id,
        "camera_id": alert.camera_id,
    }


@pytest.mark.parametrize("mode", list(GenerationMode), ids=["allowed", "forbidden"])
def test_no_request_makes_the_service_fail(api: Api, mode: GenerationMode) -> None:
    statuses = {
        status
        for operation in api.operations
        for cases in _cases(api, operation, mode)
        for status in _tried(api, cases)
    }
    # Some were taken, some weren't, and some asked for what isn't there.
    assert statuses >= {200, 400, 404}


def _cases(api: Api, operation: Any, mode: GenerationMode) -> Iterator[Any]:
    """Give requests about what is there, and about whatever the generator makes up."""
    named = [parameter.name for parameter in operation.path_parameters]
    if named:
        known = {name: api.names[name] for name in named}
        yield operation.as_strategy(generation_mode=mode, path_parameters=known)
    yield operation.as_strategy(generation_mode=mode)


def _tried(api: Api, cases: Any) -> set[int]:
    statuses = set()

    @given(case=cases)
    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def tried(case: schemathesis.Case[Any]) -> None:
        answer = api.send(case)
        statuses.add(answer.status_code)
        assert answer.status_code < 500, case.as_curl_command()
        case.validate_response(answer, checks=_FITS)

    # Where nothing can be forbidden there is nothing to try.
    with contextlib.suppress(Unsatisfiable):
        tried()
    return statuses
