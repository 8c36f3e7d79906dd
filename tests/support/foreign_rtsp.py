"""An RTSP server that others wrote (rtsp-rs), as a process of its own.

It speaks UDP only and asks for no password; large NAL units travel in fragments (RFC 6184, FU-A).
`python -m tests.support.foreign_rtsp PORT` serves striped pictures until it is ended.
"""

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import rtsp
from tests.support.rtsp_camera import encoded

from lethe.cli.stack.ports import LOOPBACK

SIZE = (1280, 720)
_FPS = 15
_CLOCK_HZ = 90_000


@contextmanager
def foreign_rtsp(port: int) -> Iterator[subprocess.Popen[str]]:
    """Run one at a port of this machine; give its process once it takes connections."""
    command = [sys.executable, "-m", "tests.support.foreign_rtsp", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "serving\n"
            yield process
        finally:
            process.kill()


def main() -> None:
    """Serve a stream at `/stream`, as fast as a camera would."""
    units = encoded(*SIZE)
    server = rtsp.Server(f"{LOOPBACK}:{sys.argv[1]}")
    server.start()
    sys.stdout.write("serving\n")
    sys.stdout.flush()
    for unit in itertools.cycle(units):
        server.send_frame(unit, _CLOCK_HZ // _FPS)
        time.sleep(1 / _FPS)


if __name__ == "__main__":
    main()
