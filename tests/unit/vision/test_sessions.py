"""What a network works on is freed when its run ends, and overwritten with that."""

import ctypes

import numpy as np
import onnxruntime
import pytest
from tests.support.packs import default_pack

from lethe.vision.sessions import session_options

_MIB = 1024 * 1024
_COUNTS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
INPUT = np.zeros((1, 3, 384, 640), np.float32)


class _Mallinfo(ctypes.Structure):
    # struct mallinfo2 of glibc.
    _fields_ = tuple((name, ctypes.c_size_t) for name in _COUNTS.split())


def in_use_mib() -> float:
    """Return what this process has allocated and not freed."""
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = _Mallinfo
    told = mallinfo()
    return float(told.uordblks + told.hblkhd) / _MIB


@pytest.mark.parametrize("has_arena", [False, True])
def test_no_activation_is_kept_behind_a_run(*, has_arena: bool) -> None:
    options = session_options(1)
    if has_arena:
        options.enable_cpu_mem_arena = True
    session = onnxruntime.InferenceSession(
        str(default_pack().detector_path), options, providers=["CPUExecutionProvider"]
    )
    before = in_use_mib()
    for _ in range(3):
        session.run(None, {"input": INPUT})
    kept = in_use_mib() - before
    assert (kept > 4) if has_arena else (kept < 1)
