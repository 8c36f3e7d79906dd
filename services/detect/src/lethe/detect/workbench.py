"""What one worker needs to process one frame: models and owned memory, used by one at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

import numpy as np

from lethe.contracts.probe import PROBE_BYTES
from lethe.vision.buffers import WipedBuffer
from lethe.vision.extract import FaceExtractor
from lethe.vision.faint import FaintFaces
from lethe.vision.pack import ModelPack
from lethe.vision.quality import QualityGate

_CHANNELS = 3
SEALED_LIMIT_BYTES = 8 * 1024 * 1024


class Workbench:
    """Models, and buffers for a JPEG, its pixels and a probe; all are overwritten after use.

    Attributes
    ----------
    model
        Digest of the pack that the models are of.
    """

    def __init__(
        self, pack: ModelPack, gate: QualityGate, *, max_pixels: int, licence_accepted: bool
    ) -> None:
        self.model = pack.digest
        self.extractor = FaceExtractor(pack, gate=gate, licence_accepted=licence_accepted)
        self.extractor.warm_up()
        self.faint = FaintFaces(pack, halt=self.extractor.halt)
        self.faint.warm_up()
        self.pixels = WipedBuffer(max_pixels * _CHANNELS)
        self._probe = WipedBuffer(PROBE_BYTES)
        self._opened = WipedBuffer(SEALED_LIMIT_BYTES)

    def opened(self, size: int) -> memoryview:
        """Return room for an opened record of `size` sealed bytes."""
        return self._opened.array((min(size, SEALED_LIMIT_BYTES),), np.uint8).data

    @contextmanager
    def probe(self) -> Iterator[memoryview]:
        """Lend room for one probe, overwritten when the block ends."""
        with self._probe:
            yield self._probe.array((PROBE_BYTES,), np.uint8).data


class Workbenches:
    """As many workbenches as workers."""

    def __init__(self, benches: list[Workbench]) -> None:
        self._free: SimpleQueue[Workbench] = SimpleQueue()
        for bench in benches:
            self._free.put(bench)

    @contextmanager
    def lend(self) -> Iterator[Workbench]:
        """Lend a workbench to one thread, waiting for a free one."""
        bench = self._free.get()
        bench.extractor.halt.reset()
        try:
            yield bench
        finally:
            self._free.put(bench)
