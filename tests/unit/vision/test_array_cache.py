"""Blocks that numpy keeps for its next arrays don't keep what earlier ones held."""

import os
import subprocess
import sys

import pytest
from tests.forensics.looking import in_process
from tests.forensics.searching import Found, Index
from tests.forensics.windows import Kind, cut

from lethe.runtime.residue import WITHOUT_RESIDUE

_TEMPLATE_BYTES = 512
_CACHES = """
import os, signal, sys
import numpy as np
from lethe.vision.buffers import scrub_array_cache
secret = bytearray(512)
os.readv(0, [secret])
arrays = [np.frombuffer(secret, np.uint8).copy() for _ in range(12)]
arrays.clear()
secret[:] = bytes(len(secret))
if sys.argv[1] == "scrubbed":
    scrub_array_cache(len(secret))
print("done", flush=True)
signal.pause()
"""


def left_in_memory(how: str) -> Found:
    secret = os.urandom(_TEMPLATE_BYTES)
    with subprocess.Popen(
        [sys.executable, "-c", _CACHES, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | WITHOUT_RESIDUE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(secret)
        process.stdin.close()
        assert process.stdout.readline() == b"done\n"
        try:
            return in_process(Index([cut(Kind.TEMPLATE, secret, 0)]), process.pid, born_by=0)
        finally:
            process.kill()


@pytest.mark.parametrize(("how", "is_left"), [("left", True), ("scrubbed", False)])
def test_the_cache_is_overwritten_when_asked(how: str, *, is_left: bool) -> None:
    assert bool(left_in_memory(how)) is is_left
