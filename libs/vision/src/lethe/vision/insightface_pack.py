"""An embedder in InsightFace's format, opened through `insightface.model_zoo`.

InsightFace itself is under the MIT licence and asks for nothing; the weights that InsightFace
publishes are for non-commercial research only, and are opened only when somebody accepted that.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from lethe.vision.errors import LicenceNotAccepted, UnusablePack
from lethe.vision.halt import Halt
from lethe.vision.sessions import session_options
from lethe.vision.sface import normalise_into

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

FREE_LICENCES = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT"})


class InsightFaceEmbedder:
    """Makes templates with any ArcFace-like model; see `lethe.vision.ports.Embedder`.

    InsightFace allocates its own inputs and outputs. What can be reached is overwritten; for the
    rest this adapter relies on memory being wiped when it is freed. One instance per thread.

    Parameters
    ----------
    path
        The ONNX file.
    template_length
        What the pack's manifest says; the model must agree.
    licence
        SPDX name of the licence of the weights.
    licence_accepted
        Whether somebody accepted a licence that isn't a free one.
    threads
        Threads of the session.
    halt
        Ends `embed` between two crops, with `Halted`: InsightFace runs the session by itself.

    Raises
    ------
    LicenceNotAccepted
        The licence isn't a free one and wasn't accepted.
    UnusablePack
        InsightFace isn't installed, or the file is no such model.
    """

    def __init__(
        self,
        path: Path,
        *,
        template_length: int,
        licence: str,
        licence_accepted: bool = False,
        threads: int = 1,
        halt: Halt | None = None,
    ) -> None:
        if licence not in FREE_LICENCES and not licence_accepted:
            raise LicenceNotAccepted(
                f"{path.name} is under the licence {licence!r}: accept it in the settings, or use "
                "the default pack"
            )
        model = _open(path, threads)
        if getattr(model, "taskname", None) != "recognition" or (
            model.output_shape[-1] != template_length
        ):
            raise UnusablePack(f"{path} makes no templates of {template_length} values")
        self._model = model
        self._template_length = template_length
        self._halt = halt or Halt()

    @property
    def template_length(self) -> int:
        """The number of float32 values in a template."""
        return self._template_length

    def embed(self, crops: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
        """Write the templates of crops (n, 112, 112, 3) uint8, BGR, into `out` (n, length)."""
        for crop, template in zip(crops, out, strict=True):
            self._halt.check()
            raw: NDArray[np.float32] = self._model.get_feat(crop)
            normalise_into(raw[0], template)
            raw.fill(0)


def _open(path: Path, threads: int) -> Any:
    try:
        with warnings.catch_warnings():
            # What its import warns of (its own use of older interfaces) is nothing a user can mend.
            warnings.simplefilter("ignore")
            from insightface.model_zoo import get_model  # noqa: PLC0415 - 0.9 s and 110 MB
    except ImportError:
        raise UnusablePack(
            "this model pack needs the package insightface: run `make setup`"
        ) from None
    try:
        return get_model(
            str(path), sess_options=session_options(threads), providers=["CPUExecutionProvider"]
        )
    except Exception:  # noqa: BLE001 - assertions, runtime and protobuf errors alike
        raise UnusablePack(f"{path} is no model that InsightFace reads") from None
