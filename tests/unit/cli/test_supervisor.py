"""The whole stack: a real broker, and small processes in place of the five services."""

import asyncio
import json
import math
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest
from tests.support.processes import send, until

from lethe.cli.errors import StackFailed
from lethe.cli.stack import supervisor
from lethe.cli.stack.ports import LOOPBACK, free_ports
from lethe.cli.stack.process import ChildSpec
from lethe.cli.stack.services import StackSettings, service_names, service_spec
from lethe.cli.stack.supervisor import Stack, running_stack
from lethe.cli.stopping import KILLED_BY_S, StopRequest
from lethe.shredding.trust import LocalTrust

SERVICE = """
import json, os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"boot": str(os.getpid())}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
HTTPServer(("127.0.0.1", int(os.environ["LETHE_HTTP_PORT"])), Handler).serve_forever()
"""
BROKEN = "print('the model has another hash', flush=True); raise SystemExit(1)"


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    return StackSettings(
        trust=LocalTrust(tmp_path, "00"),
        model_pack=tmp_path,
        data=tmp_path,
        port=free_ports(1)[0],
        cool_down_s=30.0,
        memory_bound_mb=4096,
    )


@pytest.fixture
def code(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Choose what each instance runs: a small web server unless a test says otherwise."""
    chosen: dict[str, str] = {}

    def spec(instance_id: str, *arguments: object) -> ChildSpec:
        made = service_spec(instance_id, *arguments)  # type: ignore[arg-type]
        return replace(made, command=(sys.executable, "-c", chosen.get(instance_id, SERVICE)))

    monkeypatch.setattr(supervisor, "service_spec", spec)
    return chosen


@asynccontextmanager
async def started(
    settings: StackSettings, stop: StopRequest | None = None
) -> AsyncIterator[tuple[Stack, list[str]]]:
    notices: list[str] = []
    async with running_stack(settings, notices.append, stop or StopRequest()) as stack:
        await stack.start()
        yield stack, notices


def listens(port: int) -> bool:
    return port in {
        connection.laddr.port
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }


@pytest.mark.usefixtures("code")
async def test_a_stop_leaves_neither_process_nor_port(settings: StackSettings) -> None:
    async with started(settings) as (stack, _):
        assert set(stack.children) == {
            "broker",
            "purge-1",
            "alert-1",
            "match-1",
            "detect-1",
            "ingest-1",
        }
        pids = [child.pid for child in stack.children.values()]
        ports = [child.spec.port for child in stack.children.values()]
        assert all(listens(port) for port in ports)
        assert stack.alert_url == f"http://{LOOPBACK}:{settings.port}"
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not any(listens(port) for port in ports)


@pytest.mark.usefixtures("code")
async def test_a_standby_is_a_second_purge(settings: StackSettings) -> None:
    async with started(replace(settings, standby=True)) as (stack, _):
        assert len(stack.purge_urls) == 2


def test_two_of_each_are_two_of_every_service(settings: StackSettings) -> None:
    names = service_names(replace(settings, instances=2))
    assert list(names) == [
        "purge-1", "purge-2", "alert-1", "alert-2", "match-1", "match-2",
        "detect-1", "detect-2", "ingest-1", "ingest-2",
    ]  # fmt: skip
    assert names["detect-2"] == "detect 2"


@pytest.mark.usefixtures("code")
async def test_a_service_that_is_killed_comes_back(settings: StackSettings) -> None:
    async with started(settings) as (stack, notices):
        detect = stack.children["detect-1"]
        first = str(detect.pid)
        assert detect.boot == first
        send(detect, signal.SIGKILL)
        await until(lambda: detect.boot not in (None, first))
        assert notices == ["detect stopped (signal 9); started again"]
        assert stack.restarts["detect"] == 1


@pytest.mark.usefixtures("code")
async def test_a_service_that_is_suspended_is_ended_and_comes_back(settings: StackSettings) -> None:
    async with started(settings) as (stack, notices):
        match = stack.children["match-1"]
        first = match.boot
        send(match, signal.SIGSTOP)
        await until(lambda: match.boot not in (None, first))
        assert "match is suspended; ending it" in notices


@pytest.mark.usefixtures("code")
async def test_a_broker_that_dies_ends_all_work_with_the_reason(settings: StackSettings) -> None:
    async with started(settings) as (stack, _):
        send(stack.children["broker"], signal.SIGKILL)
        with pytest.raises(StackFailed, match=r"the broker stopped \(signal 9\)"):
            await asyncio.wait_for(stack.guard(asyncio.Event().wait()), 20)


async def test_a_service_that_doesnt_start_is_named_with_its_last_words(
    settings: StackSettings, code: dict[str, str]
) -> None:
    code["detect-1"] = BROKEN
    with pytest.raises(StackFailed, match=r"detect didn't start.*the model has another hash"):
        async with started(settings):
            pass
    assert not listens(settings.port)


@pytest.mark.usefixtures("code")
async def test_a_broker_over_its_memory_bound_ends_all_work(settings: StackSettings) -> None:
    async with started(replace(settings, memory_bound_mb=1)) as (stack, _):
        with pytest.raises(StackFailed, match="--memory-bound-mb"):
            await asyncio.wait_for(stack.guard(asyncio.Event().wait()), 20)


async def test_whoever_hangs_when_the_time_to_end_is_over_is_killed_without_waiting(
    settings: StackSettings, code: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code["detect-1"] = SERVICE.replace("lambda *_: sys.exit(0)", "signal.SIG_IGN")
    # Without the deadline it would be waited for until the test is given up.
    monkeypatch.setattr(supervisor, "STOP_GRACE_S", math.inf)
    stop = StopRequest()
    async with started(settings, stop) as (stack, _):
        pids = [child.pid for child in stack.children.values()]
        stop.request()
        stop._at_s -= KILLED_BY_S
    # Who is killed is there until it has ended.
    await until(lambda: not any(psutil.pid_exists(pid) for pid in pids))


@pytest.mark.usefixtures("code")
async def test_a_second_request_to_stop_kills_at_once(settings: StackSettings) -> None:
    async with started(settings) as (stack, _):
        pids = [child.pid for child in stack.children.values()]
        stack.kill()
        await until(lambda: not any(psutil.pid_exists(pid) for pid in pids))


def test_every_instance_gets_its_own_key_and_folder(
    settings: StackSettings, tmp_path: Path
) -> None:
    broker = {"LETHE_BROKER": "127.0.0.1:9092"}
    detect = service_spec("detect-1", "detect", settings, broker, 1)
    standby = service_spec("purge-2", "purge 2", settings, broker, 2)
    assert detect.environment["LETHE_SIGNING_KEY_FILE"].endswith("keys/detect.key")
    assert standby.environment["LETHE_SIGNING_KEY_FILE"].endswith("keys/purge.key")
    assert standby.environment["LETHE_DATA_DIR"] == str(tmp_path / "purge-2")
    assert detect.environment["LETHE_SUPERVISED"] == "1"
    assert detect.command == (sys.executable, "-m", "lethe.detect")


def test_alerts_share_what_they_keep_and_answer_to_the_name_of_the_page(
    settings: StackSettings, tmp_path: Path
) -> None:
    broker = {"LETHE_BROKER": "127.0.0.1:9092"}
    alerts = [
        service_spec(f"alert-{n}", f"alert {n}", settings, broker, n).environment for n in (1, 2)
    ]
    for name in ("LETHE_DATA_DIR", "LETHE_DATABASE_URL", "LETHE_ALLOWED_HOSTS"):
        assert alerts[0][name] == alerts[1][name]
    assert alerts[0]["LETHE_DATA_DIR"] == str(tmp_path / "alert")
    assert f"{LOOPBACK}:{settings.port}" in json.loads(alerts[0]["LETHE_ALLOWED_HOSTS"])


@pytest.mark.usefixtures("code")
async def test_of_several_alerts_the_pages_port_reaches_one_that_leads(
    settings: StackSettings,
) -> None:
    async with started(replace(settings, instances=2)) as (stack, _):
        ports = {child.spec.port for child in stack.children.values()}
        assert settings.port not in ports
        async with httpx.AsyncClient(trust_env=False) as client:
            boot = (await client.get(f"{stack.alert_url}/healthz")).json()["boot"]
        assert boot in {stack.children[name].boot for name in ("alert-1", "alert-2")}


async def test_work_under_guard_returns_its_result(settings: StackSettings) -> None:
    async def work() -> int:
        return 7

    stack = Stack(settings, print, StopRequest())
    try:
        assert await stack.guard(work()) == 7
    finally:
        await stack.stop()
