"""ONNX Runtime sessions that keep nothing, fight nobody and call nobody."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from lethe.vision.errors import UnusablePack

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_ERRORS_ONLY = 3


def session_options(threads: int) -> Any:
    """Give options for a session on `threads` threads.

    - Without arena: it keeps activations, which are as good as templates. With a memory pattern:
      all of them lie in one block, which is freed, and so overwritten, when a run ends.
    - Without spinning: two sessions that spin on one machine halve each other.
    """
    runtime = _runtime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = True
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return options


def run_options() -> Any:
    """Give options of runs: setting their `terminate` ends those that are going on."""
    return _runtime().RunOptions()


def open_session(path: Path, *, threads: int) -> Any:
    """Open a model on the processor.

    Raises
    ------
    UnusablePack
        ONNX Runtime doesn't load the file.
    """
    runtime = _runtime()
    try:
        return runtime.InferenceSession(
            str(path), session_options(threads), providers=["CPUExecutionProvider"]
        )
    except Exception:  # noqa: BLE001 - the runtime raises a dozen unrelated classes
        raise UnusablePack(
            f"{path} doesn't load in ONNX Runtime: run `lethe models build`"
        ) from None


def bind(binding: Any, *, inputs: dict[str, NDArray[np.float32]], outputs: dict[str, Any]) -> None:
    """Make a session read from and write into owned float32 arrays, which must outlive it."""
    for name, array in inputs.items():
        binding.bind_input(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
    for name, array in outputs.items():
        binding.bind_output(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)


def _runtime() -> Any:
    # The runtime's wheel brings telemetry with an HTTP client; it reads this when it loads.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # noqa: PLC0415 - after the line above, and not for those who need no model

    onnxruntime.disable_telemetry_events()
    return onnxruntime
