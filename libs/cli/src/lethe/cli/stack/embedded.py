"""The broker that the stack brings: Tansu in memory, bounded, its live topics rolled."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from lethe.cli.stack.broker import broker_environment, broker_spec, wait_listening
from lethe.cli.stack.brokers import Run
from lethe.cli.stack.memory import MemoryBound, rss_mb
from lethe.cli.stack.ports import LOOPBACK, free_ports
from lethe.cli.stack.process import Child
from lethe.cli.stack.rolling import keep_rolling
from lethe.runtime.admin import TopicAdmin

_LOOK_EVERY_S = 1.0


class EmbeddedBroker:
    """Lives and dies with the stack.

    Parameters
    ----------
    memory_bound_mb
        Largest memory of the broker.
    notice
        Told in one line when the topics couldn't be rolled.
    """

    def __init__(self, log_file: Path, memory_bound_mb: int, notice: Callable[[str], None]) -> None:
        self._log_file = log_file
        self._memory_bound_mb = memory_bound_mb
        self._notice = notice
        self._address = ""
        self._child: Child | None = None
        self._resources = AsyncExitStack()

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which services reach it."""
        return broker_environment(self._address)

    async def open(self, run: Run) -> None:
        """Start it and make the topics."""
        (port,) = free_ports(1)
        self._address = f"{LOOPBACK}:{port}"
        self._child = await run("broker", broker_spec(port, self._log_file))
        await wait_listening(self._child)
        self._child.ready = True
        self._admin = await self._resources.enter_async_context(TopicAdmin(self._address))
        await self._admin.create()
        await self._admin.wait_ready()

    def upkeep(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Bound its memory and roll its live topics."""
        rolling = keep_rolling(self._admin, lambda: rss_mb(self._pid or 0), self._notice)
        return {"memory": self._bound_memory(), "rolling": rolling}

    async def close(self) -> None:
        """Kill it: it holds nothing on disk, and would take two seconds to stop."""
        try:
            await self._resources.aclose()
        finally:
            if self._child is not None:
                self._child.begin_stop(kill=True)
                await self._child.end_stop()

    @property
    def _pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def _bound_memory(self) -> None:
        bound = MemoryBound(self._memory_bound_mb)
        while True:
            if self._pid is not None:
                bound.check(self._pid)
            await asyncio.sleep(_LOOK_EVERY_S)
