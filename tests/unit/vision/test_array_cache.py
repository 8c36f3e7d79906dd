"""Blocks that numpy keeps for its next arrays don't keep what earlier ones held."""

import os

import pytest
from tests.forensics.windows import Kind
from tests.support.remnants import remnants

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


@pytest.mark.parametrize(("how", "is_left"), [("left", True), ("scrubbed", False)])
def test_the_cache_is_overwritten_when_asked(how: str, *, is_left: bool) -> None:
    secret = os.urandom(_TEMPLATE_BYTES)
    assert bool(remnants(_CACHES, how, kind=Kind.TEMPLATE, secret=secret)) is is_left
