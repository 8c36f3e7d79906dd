"""The embedder SFace on ONNX Runtime (Zhong et al., 2021)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lethe.vision.align import CROP_SIDE
from lethe.vision.buffers import WipedBuffer, aligned
from lethe.vision.errors import UnusablePack
from lethe.vision.halt import Halt
from lethe.vision.sessions import bind, open_session

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_FLOAT_BYTES = 4


class SFaceEmbedder:
    """Makes templates, one crop at a time; see `lethe.vision.ports.Embedder`.

    One at a time is as fast as a batch on one thread, and what ONNX Runtime allocates for its
    activations stays small. The network's input and output live in an owned buffer, which is
    wiped before `embed` returns. One instance per thread.

    Parameters
    ----------
    path
        SFace in float32.
    template_length
        What the pack's manifest says; the model must agree.
    threads
        Threads of the session.
    halt
        Ends `embed` midway, with `Halted`.

    Raises
    ------
    UnusablePack
        The model doesn't make templates of that length.
    """

    def __init__(
        self, path: Path, *, template_length: int, threads: int = 1, halt: Halt | None = None
    ) -> None:
        self._session = open_session(path, threads=threads)
        (source,), (target,) = self._session.get_inputs(), self._session.get_outputs()
        if target.shape[-1] != template_length:
            raise UnusablePack(
                f"{path} makes templates of {target.shape[-1]} values, its manifest says "
                f"{template_length}: run `lethe models build`"
            )
        self._template_length = template_length
        self._halt = halt or Halt()
        area = CROP_SIDE * CROP_SIDE
        input_bytes = aligned(3 * area * _FLOAT_BYTES)
        plane_offset = input_bytes + aligned(template_length * _FLOAT_BYTES)
        self._memory = WipedBuffer(plane_offset + area)
        self._input = self._memory.array((1, 3, CROP_SIDE, CROP_SIDE), np.float32)
        self._output = self._memory.array(
            (1, template_length), np.float32, offset_bytes=input_bytes
        )
        self._plane = self._memory.array(
            (CROP_SIDE, CROP_SIDE), np.uint8, offset_bytes=plane_offset
        )
        self._binding = self._session.io_binding()
        bind(
            self._binding,
            inputs={source.name: self._input},
            outputs={target.name: self._output},
        )

    @property
    def template_length(self) -> int:
        """The number of float32 values in a template."""
        return self._template_length

    def embed(self, crops: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
        """Write the templates of crops (n, 112, 112, 3) uint8, BGR, into `out` (n, length)."""
        with self._memory:
            for crop, template in zip(crops, out, strict=True):
                # The network wants RGB; its mean and scale are part of it.
                for channel in range(3):
                    cv2.extractChannel(crop, 2 - channel, dst=self._plane)
                    np.copyto(self._input[0, channel], self._plane)
                self._halt.run(self._session, self._binding)
                normalise_into(self._output[0], template)


def normalise_into(raw: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Write a vector, scaled to length 1, into `out`; a zero vector stays zero.

    einsum rather than a matrix product: BLAS keeps what it multiplied in buffers of its own.
    """
    length = math.sqrt(float(np.einsum("i,i->", raw, raw)))
    np.divide(raw, length or 1.0, out=out)
