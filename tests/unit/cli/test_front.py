"""The page's port is connected with whichever alert leads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from lethe.cli.errors import StackFailed
from lethe.cli.stack import front
from lethe.cli.stack.front import AlertFront
from lethe.cli.stack.ports import LOOPBACK, free_ports
from lethe.cli.stack.process import Child

LONG_S = 20.0


class Alert:
    """Stands for an alert: greets with its name, echoes, ends when its client does."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.leads = False
        child: Any = SimpleNamespace(spec=SimpleNamespace(port=port))
        self.child: Child = child

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{self.name}\n".encode())
        while line := await reader.readline():
            writer.write(line)
        writer.write(b"goodbye\n")
        writer.close()


class Bench:
    """Two alerts behind one address."""

    def __init__(self) -> None:
        self.port, *ports = free_ports(3)
        self.alerts = [Alert(f"alert-{n}", port) for n, port in enumerate(ports, 1)]
        children = [alert.child for alert in self.alerts]
        self.front = AlertFront(self.port, children, self._leads)

    async def _leads(self, child: Child) -> bool:
        return any(alert.leads for alert in self.alerts if alert.child is child)

    async def connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, str]:
        """Connect until somebody greets; return the connection and who did."""
        while True:
            try:
                reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
                if greeting := await reader.readline():
                    return reader, writer, greeting.decode().strip()
                writer.close()
            except OSError:
                await asyncio.sleep(0)


@pytest.fixture(name="bench")
async def bench_() -> AsyncIterator[Bench]:
    bench = Bench()
    async with AsyncExitStack() as resources:
        for alert in bench.alerts:
            server = await asyncio.start_server(alert.serve, LOOPBACK, alert.child.spec.port)
            resources.callback(server.close)
        running = asyncio.create_task(bench.front.run())
        yield bench
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_bytes_go_both_ways_and_an_end_is_passed_on(bench: Bench) -> None:
    bench.alerts[1].leads = True
    async with asyncio.timeout(LONG_S):
        await bench.front.wait_leader()
        reader, writer, name = await bench.connected()
        assert name == "alert-2"
        writer.write(b"hello\n")
        assert await reader.readline() == b"hello\n"
        writer.write_eof()
        assert await reader.read() == b"goodbye\n"
        writer.close()


async def test_when_another_leads_connections_are_cut_and_new_ones_reach_it(bench: Bench) -> None:
    first, second = bench.alerts
    first.leads = True
    async with asyncio.timeout(LONG_S):
        reader, writer, name = await bench.connected()
        assert name == "alert-1"
        first.leads, second.leads = False, True
        assert await reader.read() == b""
        writer.close()
        _, writer, name = await bench.connected()
        assert name == "alert-2"
        writer.close()


async def test_a_leader_that_is_not_over_yet_keeps_its_clients(bench: Bench) -> None:
    first, second = bench.alerts
    first.leads = True
    async with asyncio.timeout(LONG_S):
        reader, writer, _ = await bench.connected()
        second.leads = True
        await bench.front._look()
        writer.write(b"still here\n")
        assert await reader.readline() == b"still here\n"
        writer.close()


async def test_while_none_leads_clients_are_turned_away_at_once(bench: Bench) -> None:
    bench.alerts[0].leads = True
    async with asyncio.timeout(LONG_S):
        reader, writer, _ = await bench.connected()
        bench.alerts[0].leads = False
        assert await reader.read() == b""
        writer.close()
        reader, writer = await asyncio.open_connection(LOOPBACK, bench.port)
        assert await reader.read() == b""
        writer.close()


async def test_a_stack_none_of_whose_alerts_leads_does_not_start(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "READY_WITHIN_S", 0.0)
    with pytest.raises(StackFailed, match="no alert leads"):
        await bench.front.wait_leader()
