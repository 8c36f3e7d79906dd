"""Health, readiness and metrics of a service, on a port that it has for itself."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from httpx._config import DEFAULT_LIMITS
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from tests.support.brokers import eventually
from tests.support.tls import identity_of

from lethe.contracts.errors import InvalidInput
from lethe.runtime import metrics
from lethe.runtime.certificate import Certificate
from lethe.runtime.http import HttpServer

LOOPBACK = "127.0.0.1"
IDENTITY = {"instance_id": "match-1", "role": "match", "boot": "boot-1"}


async def hello(_request: Request) -> Response:
    return PlainTextResponse("hello")


class Service:
    """What the server asks of a service."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        self.reason: str | None = "not in its group yet"
        self.trouble: str | None = None
        self.stands_by = False
        self.server = HttpServer(
            LOOPBACK,
            0,
            identity=IDENTITY,
            is_ready=lambda: self.reason,
            stands_by=lambda: self.stands_by,
            trouble=lambda: self.trouble,
            routes=[Route("/hello", hello)],
            certificate=certificate,
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[httpx.AsyncClient]:
        task = asyncio.create_task(self.server.run())
        try:
            await eventually(lambda: self.server._server.started or task.done())
            url = f"http://{LOOPBACK}:{self.server.port}"
            async with httpx.AsyncClient(base_url=url) as client:
                yield client
        finally:
            self.server.stop()
            await asyncio.wait_for(task, 20)


async def test_health_readiness_metrics_and_a_services_own_routes_are_served() -> None:
    service = Service()
    metrics.DEAD_LETTERS.labels("a topic of this test", "Refused").inc()
    async with service.serving() as client:
        assert (await client.get("/healthz")).json() == {**IDENTITY, "trouble": None}
        service.trouble = "somebody should mend this"
        assert (await client.get("/healthz")).json()["trouble"] == "somebody should mend this"
        assert (await client.get("/hello")).text == "hello"
        told = await client.get("/metrics")
        assert 'lethe_dead_letters_total{error="Refused",topic="a topic of this test"}' in told.text
        assert "server" not in told.headers
        assert (await client.get("/nothing")).status_code == 404


async def test_a_service_is_ready_when_it_says_so_and_tells_why_not() -> None:
    service = Service()
    async with service.serving() as client:
        waiting = await client.get("/readyz")
        assert (waiting.status_code, waiting.json()) == (
            503,
            {"ready": False, "reason": "not in its group yet", "standby": False},
        )
        service.reason, service.stands_by = "another instance leads", True
        standing_by = await client.get("/readyz")
        assert (standing_by.status_code, standing_by.json()["standby"]) == (503, True)
        service.reason, service.stands_by = None, False
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()) == (
            200,
            {"ready": True, "reason": None, "standby": False},
        )


async def test_it_ends_when_it_is_told_to_and_not_when_it_looks_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lethe.runtime.http._TICK_S", 3600)
    service = Service()
    async with service.serving() as client:
        answer = await client.get("/hello")
    assert answer.headers["date"]


async def test_after_stop_the_port_is_free_again() -> None:
    service = Service()
    port = service.server.port
    async with service.serving() as client:
        await client.get("/healthz")
    again = HttpServer(LOOPBACK, port, identity=IDENTITY, is_ready=lambda: None)
    assert again.port == port
    again._socket.close()


def test_a_port_in_use_is_told_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"port {port} on {LOOPBACK}: ") as caught:
            HttpServer(LOOPBACK, port, identity=IDENTITY, is_ready=lambda: None)
    assert "choose another" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_address_of_another_machine_is_told_in_one_line() -> None:
    with pytest.raises(InvalidInput, match=r"port 0 on 192\.0\.2\.1: "):
        HttpServer("192.0.2.1", 0, identity=IDENTITY, is_ready=lambda: None)


async def test_with_a_certificate_it_speaks_tls_and_nothing_else(tmp_path: Path) -> None:
    identity = identity_of(tmp_path)
    service = Service(Certificate(identity.ca_file, identity.key_file))
    context = ssl.create_default_context(cafile=identity.ca_file)
    async with service.serving() as plain, httpx.AsyncClient(verify=context) as client:
        answer = await client.get(f"https://localhost:{service.server.port}/hello")
        assert answer.text == "hello"
        with pytest.raises(httpx.RemoteProtocolError):
            await plain.get("/hello")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_that_is_none_says_which_settings_to_check(
    tmp_path: Path, content: str | None
) -> None:
    identity = identity_of(tmp_path)
    chain = tmp_path / "other.pem"
    if content is not None:
        chain.write_text(content)
    with pytest.raises(InvalidInput, match="LETHE_HTTP_CERTIFICATE_FILE"):
        HttpServer(
            LOOPBACK,
            0,
            identity=IDENTITY,
            is_ready=lambda: None,
            certificate=Certificate(chain, identity.key_file),
        )


async def test_a_client_lets_go_of_an_idle_connection_before_the_server_does() -> None:
    service = Service()
    async with service.serving():
        kept_s = DEFAULT_LIMITS.keepalive_expiry
        assert kept_s is not None
        assert service.server._server.config.timeout_keep_alive > kept_s
