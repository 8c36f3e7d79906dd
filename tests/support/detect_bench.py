"""Detect on a live path, with real models; they are loaded once for all tests."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from tests.support.live_path import LivePath
from tests.support.packs import default_pack

from lethe.contracts.keys import Role
from lethe.contracts.probe import ProbeView, unpack_probe
from lethe.contracts.sealed import SealAddress
from lethe.contracts.topics import PROBE_EXTRACTED, VIEW_MADE
from lethe.detect.frames import FrameWorker
from lethe.detect.references import ReferenceWorker
from lethe.detect.sealed_record import SealedRecord
from lethe.detect.shots import ShotPolicy
from lethe.detect.workbench import Workbench, Workbenches
from lethe.shredding.trust import LocalTrust
from lethe.vision.buffers import WipedBuffer
from lethe.vision.jpeg import encode_jpeg
from lethe.vision.quality import QualityGate


@cache
def bench_with(*, min_inter_ocular_px: float = 16.0) -> Workbench:
    """Return a workbench; those of the same gate are the same."""
    gate = QualityGate(min_inter_ocular_px=min_inter_ocular_px)
    return Workbench(default_pack(), gate, max_pixels=1280 * 900, licence_accepted=False)


def content_of(buffer: WipedBuffer) -> NDArray[np.uint8]:
    """Return everything that lies in a buffer."""
    return buffer.array((buffer.size_bytes,), np.uint8)


class DetectBench(LivePath):
    """Workers of detect with one workbench.

    Parameters
    ----------
    policy
        Which shots of a track are embedded; None embeds every face.
    """

    def __init__(
        self,
        trust: LocalTrust,
        *,
        min_inter_ocular_px: float = 16.0,
        policy: ShotPolicy | None = None,
    ) -> None:
        super().__init__(trust)
        self.detect, self.match = self.holders[Role.DETECT], self.holders[Role.MATCH]
        self.bench = bench_with(min_inter_ocular_px=min_inter_ocular_px)
        benches = Workbenches([self.bench])
        self.frames = FrameWorker(self.detect, benches, policy=policy)
        self.references = ReferenceWorker(self.detect, benches)

    def frame(self, image: NDArray[np.uint8]) -> tuple[SealAddress, bytes]:
        """Capture a picture as ingest does."""
        return self.captured(encode_jpeg(image, 95))

    def opened(self, probe: SealedRecord) -> tuple[NDArray[np.float32], bytes]:
        """Return copies of the template and the crop, opened as match does."""
        view = self.viewed(probe)
        return np.frombuffer(view.template, dtype="<f4"), bytes(view.crop)

    def viewed(self, probe: SealedRecord) -> ProbeView:
        """Return views of a copy of a probe, opened as match does."""
        room = memoryview(bytearray(len(probe.body)))
        with self.match.opening(PROBE_EXTRACTED.name, probe.address, probe.body, room) as plain:
            return unpack_probe(memoryview(bytes(plain)))

    def looked_at(self, view: SealedRecord) -> bytes:
        """Return a copy of a view, opened as alert does."""
        room = memoryview(bytearray(len(view.body)))
        with self.alert.opening(VIEW_MADE.name, view.address, view.body, room) as jpeg:
            return bytes(jpeg)

    def check_clear(self) -> None:
        """Check that every buffer of the workbench is zero, and that no key is busy."""
        bench = self.bench
        assert not content_of(bench.pixels).any()
        assert not content_of(bench._probe).any()
        assert not content_of(bench._opened).any()
        assert not content_of(bench.extractor._memory).any()
        self.detect.release_all()
        assert self.detect.holds_nothing()
