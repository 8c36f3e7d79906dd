"""A witness of receipts as a process, as somebody else would run it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lethe.receipts.notes import VerifierKey


@contextmanager
def running_witness(folder: Path, log_key: str) -> Iterator[tuple[str, VerifierKey]]:
    """Run `lethe-receipts witness` on a free port; give its address and its key."""
    command = [sys.executable, "-m", "lethe.receipts.command", "witness", "--data", str(folder)]
    options = ["--name", "witness.example/w1", "--log-key", log_key, "--listen", "127.0.0.1:0"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        key = process.stdout.readline().split()[-1]
        address = process.stdout.readline().split()[-1]
        try:
            yield address, VerifierKey.parse(key)
        finally:
            process.terminate()
        assert process.wait() == 0
