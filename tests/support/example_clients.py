"""The documented clients of the stream, as processes."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

from tests.support.markdown import ROOT
from tools.node import node

_EXAMPLES = ROOT / "docs/examples"
CLIENTS = {
    "Python": (Path(sys.executable), _EXAMPLES / "listen.py"),
    "JavaScript": (node(), _EXAMPLES / "listen.mjs"),
}


@contextlib.asynccontextmanager
async def listening(client: tuple[Path, ...], port: int, token: str) -> AsyncIterator[Process]:
    """Run an example until the block ends."""
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {"LETHE_TOKEN": token}
    process = await asyncio.create_subprocess_exec(
        *client, address, env=environment, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
