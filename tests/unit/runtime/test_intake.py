"""Nothing of a body stays in the memory of who served it, on the event loop that services use."""

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.forensics.looking import in_process
from tests.forensics.searching import Index
from tests.forensics.windows import Kind, cut
from tests.support.tls import identity_of
from websockets.sync.client import connect

from lethe.runtime.residue import WITHOUT_RESIDUE

_SIZES = (100, 20_000, 150_000, 600_000)
_SERVES = """
import asyncio, sys
import uvloop
from pathlib import Path
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from lethe.runtime.certificate import Certificate
from lethe.runtime.http import HttpServer

async def takes(request):
    size = 0
    async for piece in request.stream():
        size += len(piece)
    return Response(str(size))

async def echoes(websocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)

async def serve():
    files = [Path(name) for name in sys.argv[1:]]
    server = HttpServer(
        "127.0.0.1", 0, identity={}, is_ready=lambda: None,
        routes=[Route("/", takes, methods=["POST"]), WebSocketRoute("/echo", echoes)],
        certificate=Certificate(*files) if files else None,
    )
    print(server.port, flush=True)
    await server.run()

with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(serve())
"""


@contextmanager
def serving(*files: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with subprocess.Popen(
        [sys.executable, "-c", _SERVES, *map(str, files)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | WITHOUT_RESIDUE,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("has_tls", [False, True])
def test_nothing_of_a_body_stays_in_memory_and_websockets_go_on(
    has_tls: bool, tmp_path: Path
) -> None:
    identity = identity_of(tmp_path) if has_tls else None
    files = (identity.ca_file, identity.key_file) if identity else ()
    context = ssl.create_default_context(cafile=files[0]) if files else None
    secrets = [os.urandom(size) for size in _SIZES]
    with serving(*files) as (process, port):
        place = f"{'s' if has_tls else ''}://localhost:{port}"
        # Its port is known a moment before it listens.
        transport = httpx.HTTPTransport(verify=context or False, retries=6)
        with httpx.Client(base_url=f"http{place}", transport=transport) as client:
            told = [client.post("/", content=secret).text for secret in secrets]
            assert told == [str(size) for size in _SIZES]
            index = Index(cut(Kind.KEY, secret, n) for n, secret in enumerate(secrets))
            found = in_process(index, process.pid, born_by=len(secrets))
        with connect(f"ws{place}/echo", ssl=context) as socket:
            socket.send("hello")
            assert socket.recv() == "hello"
    assert not found.kept_bytes
