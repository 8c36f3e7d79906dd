"""`python -m tests.forensics.attacked_service SERVICE`: a service as it is, with instruments.

purge's entropy is overheard: each key that is drawn is sent to the attacker before anybody else
has it. Nothing of it is kept in this process: the same object that the custodian gets, and
overwrites, is what is sent.

Where a run asks for it, frames reach detect late, and wall clocks are stepped.
"""

import asyncio
import os
import runpy
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

from tests.forensics.keys import SOCKET_VARIABLE

from lethe.shredding.clock import SystemClock

CLOCKS_VARIABLE = "FORENSICS_CLOCKS"
LATE_VARIABLE = "FORENSICS_LATE_S"


def main(service: str) -> None:
    """Run a service."""
    with ExitStack() as instruments:
        if service == "purge":
            instruments.enter_context(_overheard())
        if service == "detect" and LATE_VARIABLE in os.environ:
            instruments.enter_context(_late(float(os.environ[LATE_VARIABLE])))
        if CLOCKS_VARIABLE in os.environ:
            instruments.enter_context(_stepped(Path(os.environ[CLOCKS_VARIABLE]) / service))
        runpy.run_module(f"lethe.{service}", run_name="__main__", alter_sys=True)


@contextmanager
def _overheard() -> Iterator[None]:
    def entropy(size: int) -> bytes:
        drawn = os.urandom(size)
        tap.send(drawn)
        return drawn

    reign = import_module("lethe.purge.reign")
    overheard = partial(reign.Custodian, entropy=entropy)
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as tap,
        mock.patch.object(reign, "Custodian", overheard),
    ):
        tap.connect(os.environ[SOCKET_VARIABLE])
        yield


def _late(delay_s: float) -> Any:
    """Let detect hear of every frame so much later; it holds them meanwhile, sealed."""
    handlers = import_module("lethe.detect.handlers").Handlers
    on_frame, waiting = handlers.on_frame, set()

    async def later(self: Any, record: Any) -> None:
        async def wait() -> None:
            await asyncio.sleep(delay_s)
            await on_frame(self, record)

        task = asyncio.create_task(wait())
        waiting.add(task)
        task.add_done_callback(waiting.discard)

    return mock.patch.object(handlers, "on_frame", later)


def _stepped(file: Path) -> Any:
    """Add to the wall clock what a file says, in seconds; no file is no step."""
    wall_us = SystemClock.wall_us

    def stepped_us(self: SystemClock) -> int:
        try:
            return wall_us(self) + round(float(file.read_text() or 0) * 1e6)
        except FileNotFoundError:
            return wall_us(self)

    return mock.patch.object(SystemClock, "wall_us", stepped_us)


if __name__ == "__main__":
    main(sys.argv[1])
