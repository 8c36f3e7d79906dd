"""The embedded broker, started for real."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from tests.support.processes import send

from lethe.cli.errors import StackFailed
from lethe.cli.stack.broker import broker_environment, broker_spec, wait_listening
from lethe.cli.stack.memory import MemoryBound, rss_mb
from lethe.cli.stack.ports import LOOPBACK, free_ports
from lethe.cli.stack.process import Child
from lethe.cli.stack.rolling import keep_rolling
from lethe.contracts.errors import LetheError
from lethe.contracts.topic import generation_name
from lethe.contracts.topics import FRAME_CAPTURED
from lethe.runtime.admin import TopicAdmin
from lethe.runtime.settings import ServiceSettings, load_settings


@asynccontextmanager
async def running_broker(
    tmp_path: Path,
) -> AsyncIterator[tuple[Child, asyncio.Future[LetheError]]]:
    failure: asyncio.Future[LetheError] = asyncio.get_running_loop().create_future()
    (port,) = free_ports(1)
    broker = Child(broker_spec(port, tmp_path / "broker.log"), print, failure.set_result)
    await broker.start()
    try:
        await wait_listening(broker)
        broker.ready = True
        yield broker, failure
    finally:
        broker.begin_stop(kill=True)
        await broker.end_stop()


async def test_it_listens_on_the_loopback_interface_only(tmp_path: Path) -> None:
    async with running_broker(tmp_path) as (broker, _):
        listening = [
            connection.laddr.ip
            for connection in psutil.Process(broker.pid).net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        ]
        assert listening == [LOOPBACK]


async def test_a_broker_that_dies_is_not_started_again(tmp_path: Path) -> None:
    async with running_broker(tmp_path) as (broker, failure):
        send(broker, signal.SIGKILL)
        told = await asyncio.wait_for(failure, 20)
        assert "the broker stopped (signal 9)" in str(told)
        assert broker.pid is None


async def test_it_is_gone_with_its_port_after_a_stop(tmp_path: Path) -> None:
    async with running_broker(tmp_path) as (broker, _):
        port = broker.spec.port
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(LOOPBACK, port)


async def test_a_broker_that_cant_start_is_told_of(tmp_path: Path) -> None:
    async with running_broker(tmp_path) as (first, _):
        failure: asyncio.Future[LetheError] = asyncio.get_running_loop().create_future()
        spec = broker_spec(first.spec.port, tmp_path / "second.log")
        second = Child(spec, print, failure.set_result)
        await second.start()
        try:
            told = await asyncio.wait_for(failure, 20)
        finally:
            second.begin_stop(kill=True)
            await second.end_stop()
        assert "broker didn't start" in str(told)


def test_services_are_told_that_its_topics_roll(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INSTANCE_ID", "ROSTER_FILE", "ROSTER_ROOT", "SIGNING_KEY_FILE"):
        monkeypatch.setenv(f"LETHE_{name}", "x")
    monkeypatch.setenv("LETHE_BROKER", "kafka:9092")
    assert not load_settings(ServiceSettings).topics_roll
    for name, value in broker_environment("127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
    assert load_settings(ServiceSettings).topics_roll


async def test_live_topics_are_rolled_when_memory_grows_and_the_old_ones_deleted(
    tmp_path: Path,
) -> None:
    async with (
        running_broker(tmp_path) as (broker, _),
        TopicAdmin(f"{LOOPBACK}:{broker.spec.port}") as admin,
    ):
        await admin.create()
        await admin.wait_ready(timeout_s=60.0)
        readings = iter([100.0, 100.0])
        rolling = asyncio.create_task(keep_rolling(admin, lambda: next(readings, 400.0), print))
        try:
            names = await _until_dropped(admin)
        finally:
            rolling.cancel()
            await asyncio.gather(rolling, return_exceptions=True)
        assert generation_name(FRAME_CAPTURED, 1) in names


async def _until_dropped(admin: TopicAdmin) -> list[str]:
    async with asyncio.timeout(30):
        while True:
            names: list[str] = await admin._admin.list_topics()
            if generation_name(FRAME_CAPTURED, 0) not in names:
                return names
            await asyncio.sleep(0.05)


def test_a_broker_over_its_bound_ends_the_stack_with_advice() -> None:
    bound = MemoryBound(100, lambda _: 100.1)
    with pytest.raises(StackFailed, match=r"bound of 100 MB.*--memory-bound-mb"):
        bound.check(1)


def test_a_broker_within_its_bound_is_left_alone() -> None:
    assert MemoryBound(100, lambda _: 100.0).check(1) == 100.0


def test_the_memory_of_a_process_is_read_and_of_none_is_nothing() -> None:
    assert rss_mb(os.getpid()) > 1.0
    assert rss_mb(2**22 + 1) == 0.0
