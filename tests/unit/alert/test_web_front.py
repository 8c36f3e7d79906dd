"""An instance that stands by says who leads; one that leads serves."""

import asyncio
import gc
import json
import weakref
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from tests.support.alert_web import BASE, AlertWeb, alert_web, free_port, served
from tests.support.tokens import bearer
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from lethe.alert.errors import DatabaseUnavailable
from lethe.alert.leading import Leadership
from lethe.alert.web.front import Front


class StandIn:
    """A reign."""


class Instance:
    """An instance whose leadership the test gives and takes."""

    def __init__(self, web: AlertWeb) -> None:
        self.web = web
        self.leader_is_known = True
        begin: Any = None
        self.leadership = Leadership(begin, session_s=1.0)
        front = Front(self.leadership, self._routes, self._leader)
        self.app = Starlette(routes=[Mount("", front)])

    def lead(self) -> None:
        reign: Any = StandIn()
        self.leadership.reign = reign

    async def stand_by(self) -> None:
        self.leadership.reign = None
        await self.leadership.on_change(frozenset(), 1)

    def _routes(self, _reign: object) -> list[BaseRoute]:
        return self.web.routes()

    async def _leader(self) -> str:
        if not self.leader_is_known:
            raise DatabaseUnavailable("away")
        return "alert-2"


@pytest.fixture(name="instance")
async def instance_(tmp_path: Path) -> AsyncIterator[Instance]:
    async with alert_web(tmp_path) as web:
        yield Instance(web)


@pytest.fixture(name="client")
async def client_(instance: Instance) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(instance.app)
    headers = bearer(instance.web.issuer.token())
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/static/officer.js", "/api/v1/alerts"])
async def test_a_standby_names_the_leader_for_whatever_it_is_asked(
    instance: Instance, client: httpx.AsyncClient, path: str
) -> None:
    await instance.stand_by()
    answer = await client.get(path)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["detail"].startswith("alert-2 leads")
    instance.lead()
    assert (await client.get(path)).status_code == 200
    await instance.stand_by()
    assert (await client.get(path)).status_code == 503


async def test_nothing_of_a_reign_is_kept_though_nobody_asks_when_it_is_over(
    instance: Instance, client: httpx.AsyncClient
) -> None:
    instance.lead()
    assert (await client.get("/")).status_code == 200
    kept = weakref.ref(instance.leadership.reign)
    assert kept() is not None
    await instance.stand_by()
    gc.collect()
    assert kept() is None


async def test_who_leads_is_left_out_while_that_is_not_known(
    instance: Instance, client: httpx.AsyncClient
) -> None:
    assert "doesn't lead yet" in (await client.get("/")).json()["detail"]
    await instance.stand_by()
    instance.leader_is_known = False
    answer = await client.get("/")
    assert answer.status_code == 503
    assert "stands by" in answer.json()["detail"]


async def test_a_websocket_is_refused_by_a_standby_with_the_same_answer(
    instance: Instance,
) -> None:
    await instance.stand_by()
    port = free_port()
    address = f"ws://127.0.0.1:{port}/api/v1/alerts/stream"
    async with served(instance.app, port):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(address, proxy=None):
                pass
        assert refused.value.response.status_code == 503
        assert b"alert-2 leads" in refused.value.response.body
        instance.lead()
        async with connect(address, proxy=None) as socket:
            await socket.send(json.dumps({"after": -1, "token": instance.web.issuer.token()}))
            assert b"hello" in await asyncio.wait_for(socket.recv(decode=False), 20)
