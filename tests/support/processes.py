"""Waiting for real processes, and sending them signals."""

import asyncio
import os
import signal
from collections.abc import Callable

from lethe.cli.stack.process import Child


async def until(condition: Callable[[], object], within_s: float = 60.0) -> None:
    """Wait until a condition about another process holds; fail if it doesn't in time."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - other processes set no event of this loop
            await asyncio.sleep(0.02)


def send(child: Child, number: signal.Signals) -> None:
    """Send a signal to a running child."""
    assert child.pid is not None
    os.kill(child.pid, number)
