"""The address of the alert page while several alerts run: it follows the one that leads.

It stands where a Kubernetes Service stands, and like one it passes on bytes and reads none.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from lethe.cli.errors import StackFailed
from lethe.cli.stack.health import READY_WITHIN_S
from lethe.cli.stack.ports import LOOPBACK
from lethe.cli.stack.process import Child

LOOK_EVERY_S = 0.5
_CHUNK_BYTES = 65_536


class AlertFront:
    """Listens on the page's port and connects each client with the leading alert.

    When another alert leads, connections to the one before are cut: a client connects again and
    resumes by sequence. While none leads, clients are turned away at once.

    Parameters
    ----------
    alerts
        All of them.
    leads
        Tells whether one of them leads; asked twice a second.
    """

    def __init__(
        self, port: int, alerts: Sequence[Child], leads: Callable[[Child], Awaitable[bool]]
    ) -> None:
        self._port = port
        self._alerts = alerts
        self._leads = leads
        self._leader: Child | None = None
        self._found = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve and follow until cancelled."""
        server = await asyncio.start_server(self._take, LOOPBACK, self._port)
        try:
            while True:
                await self._look()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            server.close()
            await self._cut()

    async def wait_leader(self) -> None:
        """Wait until one of the alerts leads.

        Raises
        ------
        StackFailed
            If none does in time.
        """
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                await self._found.wait()
        except TimeoutError:
            raise StackFailed(f"no alert leads after {READY_WITHIN_S:.0f} s") from None

    async def _look(self) -> None:
        told = await asyncio.gather(*map(self._leads, self._alerts))
        leading = [child for child, leads in zip(self._alerts, told, strict=True) if leads]
        if self._leader in leading:
            return
        self._leader = next(iter(leading), None)
        await self._cut()
        if self._leader is not None:
            self._found.set()

    async def _cut(self) -> None:
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._leader is None:
            writer.transport.abort()
            return
        connection = asyncio.create_task(self._connect(self._leader, reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _connect(
        self, leader: Child, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.closing(writer):
            try:
                answers, asks = await asyncio.open_connection(LOOPBACK, leader.spec.port)
            except OSError:
                return
            with contextlib.closing(asks):
                await _pass_on_both_ways((reader, asks), (answers, writer))


_Way = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _pass_on_both_ways(*ways: _Way) -> None:
    """Copy bytes until both ways have ended, or one broke."""
    copying = [asyncio.create_task(_pass_on(reader, writer)) for reader, writer in ways]
    try:
        await asyncio.wait(copying, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for each in copying:
            each.cancel()
        await asyncio.gather(*copying, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()
