"""The health check of an image, against a real server of a service."""

import asyncio
import sys
from pathlib import Path

import pytest
from tests.support.tls import identity_of
from tests.unit.runtime.test_http import Service

from lethe.runtime.certificate import Certificate
from lethe.runtime.probe import main


async def asked(service: Service, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run the probe as an image does; give its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "lethe.runtime.probe", *arguments),
        env={
            "LETHE_HTTP_PORT": str(service.server.port),
            "http_proxy": "http://127.0.0.1:1",
            **environment,
        },
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()
    return process.returncode or 0, told.decode()


async def test_a_service_is_healthy_once_it_is_ready() -> None:
    service = Service()
    async with service.serving():
        assert await asked(service) == (1, "probe: 503 not in its group yet\n")
        assert await asked(service, "/healthz") == (0, "")
        service.reason = None
        assert await asked(service) == (0, "")
        assert await asked(service, "/nothing") == (1, "probe: 404 without a reason\n")


async def test_a_service_that_speaks_tls_is_asked_over_tls(tmp_path: Path) -> None:
    identity = identity_of(tmp_path, "officers.example")
    service = Service(Certificate(identity.ca_file, identity.key_file))
    told = {"LETHE_HTTP_CERTIFICATE_FILE": str(identity.ca_file)}
    async with service.serving():
        assert await asked(service, **told) == (1, "probe: 503 not in its group yet\n")
        service.reason = None
        assert await asked(service, **told) == (0, "")
        status, _ = await asked(service)
        assert status == 1


async def test_nobody_there_is_unhealthy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service = Service()
    async with service.serving():
        port = service.server.port
    monkeypatch.setenv("LETHE_HTTP_PORT", str(port))
    assert main([]) == 1
    assert capsys.readouterr().err == "probe: no answer (ConnectionRefusedError)\n"


def test_without_a_port_it_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LETHE_HTTP_PORT", raising=False)
    assert main([]) == 2
    assert "LETHE_HTTP_PORT" in capsys.readouterr().err
