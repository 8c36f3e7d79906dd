"""`python -m tests.forensics.attacked_service SERVICE`: a service as it is, with instruments.

What it draws keys from is overheard: purge's slot keys, the private keys of tickets, the keys in
alert's store. Each is sent to the attacker before anybody else has it. Nothing of it is kept in
this process: the same object that its user gets, and overwrites, is what is sent.

Where a run asks for it, frames reach detect late, and wall clocks are stepped.
"""

import asyncio
import os
import runpy
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from tests.forensics.keys import SLOT, SOCKET_VARIABLE, STORED, TICKET

from lethe.shredding.clock import SystemClock
from lethe.shredding.memory import wipe_bytes

CLOCKS_VARIABLE = "FORENSICS_CLOCKS"
LATE_VARIABLE = "FORENSICS_LATE_S"
SEEDS_BYTES = 96
"""Of ML-KEM-768 and of X25519, one behind the other."""

Tap = Callable[[bytes, bytes], object]


def main(service: str) -> None:
    """Run a service."""
    with ExitStack() as instruments:
        tap = instruments.enter_context(tapped())
        instruments.enter_context(_overheard_tickets(tap))
        if service == "purge":
            instruments.enter_context(_overheard(tap))
        if service == "alert":
            instruments.enter_context(_overheard_store(tap))
        if service == "detect" and LATE_VARIABLE in os.environ:
            instruments.enter_context(_late(float(os.environ[LATE_VARIABLE])))
        if CLOCKS_VARIABLE in os.environ:
            instruments.enter_context(_stepped(Path(os.environ[CLOCKS_VARIABLE]) / service))
        runpy.run_module(f"lethe.{service}", run_name="__main__", alter_sys=True)


@contextmanager
def tapped() -> Iterator[Tap]:
    """Connect to the attacker; what is given is told by what it is a key of."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as tap:
        tap.connect(os.environ[SOCKET_VARIABLE])
        yield lambda kind, key: tap.sendmsg([kind, key])


def _drawing(tap: Tap, kind: bytes) -> Callable[[int], bytes]:
    def draw(size: int) -> bytes:
        drawn = os.urandom(size)
        tap(kind, drawn)
        return drawn

    return draw


def _overheard(tap: Tap) -> Any:
    reign = import_module("lethe.purge.reign")
    overheard = partial(reign.Custodian, entropy=_drawing(tap, SLOT))
    return mock.patch.object(reign, "Custodian", overheard)


def _overheard_store(tap: Tap) -> Any:
    files = import_module("lethe.alert.keystores.files")
    secrets = SimpleNamespace(token_bytes=_drawing(tap, STORED))
    return mock.patch.object(files, "secrets", secrets)


def _overheard_tickets(tap: Tap) -> Any:
    unwrap_key = import_module("lethe.shredding.wrapping").UnwrapKey
    draw = _drawing(tap, TICKET)

    def generate(cls: Any) -> Any:
        seeds = draw(SEEDS_BYTES)
        try:
            return cls.from_seeds(seeds)
        finally:
            wipe_bytes(seeds)

    return mock.patch.object(unwrap_key, "generate", classmethod(generate))


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
